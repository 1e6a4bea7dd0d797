"""Every situation that the scenarios must cover has a world, and every world a test that uses it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulator.settings.files import data_root
from simulator.world.file import load_world

SITUATIONS = {
    "first contract and first discount": "first-contract",
    "stacking of categories": "stacking",
    "bill smaller than the support, carry-over": "carry-over",
    "lapse at year end": "year-end",
    "VAT-only remainder": "vat-only",
    "termination": "termination",
    "re-grant": "re-grant",
    "UGF exclusion": "arrears",
    "group I exemption": "group-1-exempt",
    "retroactive rate change": "retroactive-rate",
    "catch-up after an incomplete month": "catch-up",
    "two months on one bill": "two-months-one-bill",
    "personal code change": "code-change",
    "sub-users on one contract": "sub-users",
    "same person on two contracts and at two retailers": "two-contracts",
    "contract-source conflict": "contract-conflict",
    "supplier switch on the 1st": "supplier-switch",
    "supplier switch withdrawn": "switch-withdrawn",
    "late payouts": "late-payouts",
    "repeated payouts": "repeated-payouts",
    "reversed payouts": "reversed-payouts",
    "empty month": "empty-month",
    "message too early or too late": "too-early-too-late",
    "another retailer's data must never appear": "others-data",
    "production begins with the next calendar month": "production-month",
    "error event for a bad record, corrected resend": "bad-record",
    "lost reply after a send": "lost-reply",
    "duplicate delivery": "duplicate-delivery",
    "unread message near its 90 days": "unread-message",
}


def test_each_situation_has_a_world_and_each_world_a_situation() -> None:
    bundled = {path.stem for path in (data_root("fixtures") / "worlds").glob("*.toml")}
    assert bundled - {"town"} == set(SITUATIONS.values())


def test_each_world_is_played_once_and_its_amounts_are_asserted() -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    played = re.findall(r'play\("([a-z0-9-]+)"\)', tests)
    assert sorted(played) == sorted(SITUATIONS.values())


@pytest.mark.parametrize("name", sorted(SITUATIONS.values()))
def test_a_world_says_what_it_is_about(name: str) -> None:
    path = data_root("fixtures") / "worlds" / f"{name}.toml"
    text = path.read_text(encoding="utf-8")
    world = load_world(name)
    assert world.name == name
    assert world.description != "no description"
    assert text.startswith("# ")
    assert world.contracts
