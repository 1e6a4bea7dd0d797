"""20,000 mutated real requests, half of them to the guarded addresses and the STS, while some clients are slow."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.simulator.fuzzing.campaign import fuzz

pytestmark = pytest.mark.bench
COUNT = 10_000


@pytest.mark.parametrize("secured", [False, True], ids=["plain", "secured"])
def test_twenty_thousand_mutated_requests(tmp_path: Path, secured: bool) -> None:
    seed = random.randrange(2**32)
    print(f"\nseed {seed}")
    started = time.monotonic()
    campaign = fuzz(tmp_path / "served", secured=secured, seed=seed, count=COUNT, workers=2, slow=3)
    answers = ", ".join(f"{status}: {count}" for status, count in sorted(campaign.statuses.items()))
    took = time.monotonic() - started
    print(
        f"{campaign.sent} requests in {took:.0f} s, {len(campaign.mutations) - 1} ways of making them worse; "
        f"answers {answers}; {len(campaign.acknowledged)} messages acknowledged, all there and none twice"
    )
    assert campaign.sent >= COUNT
