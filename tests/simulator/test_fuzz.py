"""A slice of the fuzz: mutated real requests against a served simulator. All of it: ``make bench``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulator.fuzzing.campaign import fuzz


@pytest.mark.parametrize(("secured", "seed"), [(False, 1), (True, 2)], ids=["plain", "secured"])
def test_mutated_requests_are_answered_properly_and_lose_nothing(tmp_path: Path, secured: bool, seed: int) -> None:
    campaign = fuzz(tmp_path / "served", secured=secured, seed=seed, count=200)
    assert campaign.sent >= 200
    assert {200, 400, 500} <= campaign.statuses.keys()
    assert campaign.acknowledged
