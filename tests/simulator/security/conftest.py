from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulator.security.setting import SecuredSetting, secured_setting


@pytest.fixture
def secured(keys: Path) -> Iterator[SecuredSetting]:
    with secured_setting(keys) as opened:
        yield opened
