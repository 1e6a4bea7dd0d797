from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulator.ftps.setting import FtpsSetting, ftps_setting


@pytest.fixture
def ftps(keys: Path) -> Iterator[FtpsSetting]:
    with ftps_setting(keys) as opened:
        yield opened
