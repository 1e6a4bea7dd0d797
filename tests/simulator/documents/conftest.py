"""The two profiles of these tests: the project's, and a synthetic one for another schema."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.documents.profile import Profile, load_profile

OTHER = Path(__file__).parent / "other"


@pytest.fixture(scope="session")
def profile() -> Profile:
    return load_profile()


@pytest.fixture(scope="session")
def other() -> Profile:
    return load_profile(OTHER / "profile.toml")
