"""What holds for all property tests.

Hypothesis measures no time, since a busy machine is no fault of the code, and by default it tries the same examples at
each run, so that a verdict is about the change. ``HYPOTHESIS_PROFILE=explore make test`` looks for others.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("explore", settings.get_profile("project"), derandomize=False, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "project"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what is slow first, so that no process ends long after the others (``--dist worksteal``)."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
