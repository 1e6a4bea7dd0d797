"""The table of statuses: it is complete, and has DIT's own texts where they are documented."""

from __future__ import annotations

import pytest

from simulator.dit.mailbox import TRANSITIONS, Action, next_status, not_manual
from simulator.dit.model import MessageStatus, RefusalCode
from simulator.dit.refusals import Refused
from simulator.domain.provenance import Basis

DELIVERED, READ = MessageStatus.DELIVERED, MessageStatus.READ
DELETED, PROCESSED = MessageStatus.DELETED, MessageStatus.PROCESSED
IN_A_MAILBOX = (DELIVERED, READ, DELETED, PROCESSED)

ALLOWED = {
    (DELIVERED, Action.RECEIVE): READ,
    (READ, Action.RECEIVE): READ,
    (READ, Action.RESTORE): DELIVERED,
    (DELIVERED, Action.DELETE): DELETED,
    (READ, Action.DELETE): DELETED,
    (PROCESSED, Action.DELETE): DELETED,
    (READ, Action.CONFIRM): PROCESSED,
}


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("status", IN_A_MAILBOX)
def test_every_action_on_every_status(status: MessageStatus, action: Action) -> None:
    if (status, action) in ALLOWED:
        assert next_status(status, action, message="m") is ALLOWED[status, action]
        return
    with pytest.raises(Refused) as refusal:
        next_status(status, action, message="m-1")
    assert refusal.value.refusal.code is RefusalCode.BAD_STATUS
    assert refusal.value.refusal.latvian_first
    assert refusal.value.refusal.latvian.startswith('statuss "')
    for part in ("m-1", str(status), str(action), "Expected: ", "Source: ", "What to do: "):
        assert part in refusal.value.refusal.cause


def test_the_table_is_complete() -> None:
    assert set(TRANSITIONS) == {(status, action) for status in IN_A_MAILBOX for action in Action}


def test_restoring_a_delivered_message_has_the_documented_text() -> None:
    with pytest.raises(Refused) as refusal:
        next_status(DELIVERED, Action.RESTORE, message="m")
    assert refusal.value.refusal.latvian == 'statuss "Pegādāts" vairs nevar tikt mainīts uz statusu "Pegādāts"!'
    assert "(documented)" in refusal.value.refusal.cause


@pytest.mark.parametrize(
    ("status", "action", "text"),
    [
        (DELETED, Action.RESTORE, 'statuss "Dzēsts" vairs nevar tikt mainīts uz statusu "Pegādāts"!'),
        (DELETED, Action.RECEIVE, 'statuss "Dzēsts" vairs nevar tikt mainīts uz statusu "Nolasīts"!'),
        (DELIVERED, Action.CONFIRM, 'statuss "Pegādāts" vairs nevar tikt mainīts uz statusu "Apstrādāts"!'),
        (PROCESSED, Action.CONFIRM, 'statuss "Apstrādāts" vairs nevar tikt mainīts uz statusu "Apstrādāts"!'),
        (DELETED, Action.DELETE, 'statuss "Dzēsts" vairs nevar tikt mainīts uz statusu "Dzēsts"!'),
    ],
)
def test_other_refusals_follow_the_same_pattern(status: MessageStatus, action: Action, text: str) -> None:
    with pytest.raises(Refused) as refusal:
        next_status(status, action, message="m")
    assert refusal.value.refusal.latvian == text


def test_each_transition_says_how_it_is_known() -> None:
    assert all(transition.provenance.source for transition in TRANSITIONS.values())
    assert {transition.provenance.basis for transition in TRANSITIONS.values()} == set(Basis)


def test_a_version_that_acknowledges_by_itself_explains_that() -> None:
    refusal = not_manual("m", "urn:v").refusal
    assert refusal.code is RefusalCode.BAD_STATUS
    assert "IsManualAck" in refusal.cause
    assert "leave the confirmation out" in refusal.cause
