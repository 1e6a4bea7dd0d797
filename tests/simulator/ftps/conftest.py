from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulator.ftps.setting import FtpsSetting, ftps_setting


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder of keys for all tests: making them takes a second or two."""
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
def ftps(keys: Path) -> Iterator[FtpsSetting]:
    with ftps_setting(keys) as opened:
        yield opened
