from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder of keys for all tests of a process: making them takes a second or two."""
    return tmp_path_factory.mktemp("keys")
