"""A retailer for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.retailers.reference.world import Retailer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def retailer() -> Iterator[Retailer]:
    with Retailer() as made:
        yield made
