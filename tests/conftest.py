"""What holds for all property tests.

Hypothesis measures no time, since a busy machine is no fault of the code, and by default it tries the same examples at
each run, so that a verdict is about the change. ``HYPOTHESIS_PROFILE=explore make test`` looks for others.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("explore", settings.get_profile("project"), derandomize=False, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "project"))
