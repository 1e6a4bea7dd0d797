"""Each injected fault of network and authority is in a scenario on every channel where it can occur."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_bdd.feature import get_feature

from conformance.run.configuration import SCENARIOS
from conformance.scenarios.steps.sentences import CALL_FAULTS, CALLS, DELIVERY_FAULTS, TOKEN_FAULTS
from simulator.domain.model import ChannelName
from simulator.fault_injection.faults import (
    AFTER,
    BEFORE,
    CONNECTING,
    DUPLICATE_DELIVERY,
    INVALID_DOCUMENT,
    ISSUING,
    KINDS,
    OUT_OF_ORDER,
    WRONG_CERTIFICATE,
)

ALL = frozenset(ChannelName)
DISCOUNT = frozenset({ChannelName.DISCOUNT})
WIRE = BEFORE | AFTER
ANY_MESSAGE = frozenset(
    {DUPLICATE_DELIVERY, OUT_OF_ORDER, INVALID_DOCUMENT}
)  # lists, and error messages on each channel
HUGE = "huge_list"
CAN_OCCUR = {
    **dict.fromkeys(WIRE | ANY_MESSAGE | CONNECTING | ISSUING, ALL),
    **dict.fromkeys(KINDS.keys() - WIRE - ANY_MESSAGE - CONNECTING - ISSUING, DISCOUNT),
    HUGE: DISCOUNT,
}
"""Where each can occur."""
RUNS = {
    "the retailer reports its contracts": {ChannelName.CONTRACT},
    "the retailer fetches its discounts": {ChannelName.DISCOUNT},
    "the retailer reports its payouts": {ChannelName.PAYOUT},
    "the retailer runs its whole exchange": set(ALL),
}
MANY = 100


def _told() -> Iterator[list[str]]:
    """The sentences of every scenario, its examples filled in."""
    for path in sorted(SCENARIOS.glob("*.feature")):
        for scenario in get_feature(str(SCENARIOS), path.name).scenarios.values():
            steps = [step.name for step in scenario._steps]
            for row in [row for example in scenario.examples for row in example.as_contexts()] or [{}]:
                yield [_filled(step, row) for step in steps]


def _filled(step: str, row: Any) -> str:
    return re.sub(r"<([^>]+)>", lambda match: str(row.get(match[1], match[0])), step)


def _table() -> dict[str, dict[ChannelName, set[str]]]:
    """By injected fault and channel, the calls or messages that it is injected into."""
    table: dict[str, dict[ChannelName, set[str]]] = defaultdict(lambda: defaultdict(set))
    for steps in _told():
        for place, step in enumerate(steps):
            kind, what = _injected_fault(step)
            if kind is None:
                continue
            run = next(step for step in steps[place:] if step in RUNS)
            channels = {ChannelName.DISCOUNT} if what == "discount list" else RUNS[run]
            for channel in channels:
                table[kind][channel].add(what)
    return table


def _injected_fault(step: str) -> tuple[str | None, str]:
    if match := re.fullmatch(r"the next time the retailer (.+?), (.+)", step):
        return CALL_FAULTS[match[2]], CALLS[match[1]]
    if match := re.fullmatch(r"BVKB's next (discount list|error message) (.+)", step):
        return DELIVERY_FAULTS[match[2]], match[1]
    if step == "the next connection meets a server with another authority's certificate":
        return WRONG_CERTIFICATE, "connection"
    if match := re.fullmatch(r"the next token of the STS (.+)", step):
        return TOKEN_FAULTS[match[1]], "token"
    if match := re.fullmatch(r"(\d+) more people are .+", step):
        return (HUGE if int(match[1]) >= MANY else None), "discount list"
    return None, ""


TABLE = _table()


@pytest.mark.parametrize("kind", sorted(CAN_OCCUR))
def test_an_injected_fault_is_in_a_scenario_on_every_channel_where_it_can_occur(kind: str) -> None:
    assert set(TABLE[kind]) >= CAN_OCCUR[kind]


def test_the_table_has_every_injected_fault_of_the_simulator() -> None:
    assert set(CAN_OCCUR) == set(KINDS) | {HUGE}


@pytest.mark.parametrize("kind", sorted(WIRE))
def test_network_faults_are_injected_into_every_call_of_the_exchange(kind: str) -> None:
    calls_with_fault = {call for calls in TABLE[kind].values() for call in calls}
    assert calls_with_fault >= set(CALLS.values())
    assert TABLE[kind][ChannelName.DISCOUNT] >= set(CALLS.values()) - {"SendMessage2"}
