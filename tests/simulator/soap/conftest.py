from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulator.soap.setting import Setting, open_setting


@pytest.fixture
def setting() -> Iterator[Setting]:
    with open_setting() as opened:
        yield opened
