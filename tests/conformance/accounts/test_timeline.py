"""The timeline of a scenario: what stands in it for tokens, connections and FTP commands, and for cited entries."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.accounts.timeline import timeline_of
from conformance.report.events import Lane, Moment
from simulator.journal import Kind, Outcome
from tests.conformance.rules.builder import THEIRS, Story

REFUSED = {"outcome": Outcome.FAULT, "fault_code": "security", "cause": "the password is wrong"}


def _moments(story: Story, *cited: int) -> list[Moment]:
    return list(timeline_of(story.case(), cited).moments)


def _token(story: Story, **fields: Any) -> None:
    details = {"credential": "usernamemixed", "clock": "simulated", "expires": "2026-03-02T12:30:00+02:00"}
    story.write(Kind.TOKEN, "Issue", **{"interface": "sts", "details": details} | fields)


def _connection(story: Story, operation: str, said: str = "") -> None:
    certificate = "own" if operation == "plain" else "foreign"
    story.write(
        Kind.CONNECTION,
        operation,
        interface="tls",
        authority=None,
        outcome=Outcome.OK if operation == "shown" else Outcome.FAULT,
        cause=f"connection {operation}",
        details={"certificate": certificate, "said": said},
    )


def _ftp(story: Story, verb: str, **fields: Any) -> None:
    story.write(Kind.FTP, verb, **{"interface": "ftps", "details": {"ftp": {"command": verb}}} | fields)


def test_a_token_is_a_moment_of_the_exchange_with_its_end() -> None:
    story = Story()
    _token(story)
    (moment,) = _moments(story)
    assert (moment.lane, moment.trouble) == (Lane.EXCHANGE, False)
    assert moment.text.in_language("en") == "gets a token from the STS, valid until 2026-03-02 12:30:00"
    assert moment.text.in_language("lv") == "saņem pilnvaru no STS, derīgu līdz 2026-03-02 12:30:00"


def test_a_refused_token_is_trouble_and_says_why() -> None:
    story = Story()
    _token(story, **REFUSED)
    (moment,) = _moments(story)
    assert moment.trouble
    assert moment.text.in_language("en") == "asks the STS for a token: refused: the password is wrong"
    assert "the password is wrong" in moment.text.in_language("lv")


@pytest.mark.parametrize(
    ("kind", "says"), [("expired_token", "has ended already"), ("foreign_token", "does not trust")]
)
def test_a_token_that_is_invalid_on_purpose_says_so(kind: str, says: str) -> None:
    story = Story()
    _token(story, details={"misbehaviour": kind, "expires": None})
    (moment,) = _moments(story)
    assert moment.trouble
    assert says in moment.text.in_language("en")
    assert moment.text.in_language("en") != moment.text.in_language("lv")


@pytest.mark.parametrize(
    ("operation", "says", "trouble"),
    [
        ("shown", "is shown the certificate of another authority", True),
        ("handshake", "breaks off the connection", False),
        ("request", "sends POST /dit to a server", True),
        ("plain", "plain HTTP", True),
    ],
)
def test_what_came_in_place_of_a_call_is_a_moment(operation: str, says: str, trouble: bool) -> None:
    story = Story()
    _connection(story, operation, "POST /dit")
    (moment,) = _moments(story)
    assert says in moment.text.in_language("en")
    assert moment.trouble is trouble
    assert moment.text.in_language("en") != moment.text.in_language("lv")


def test_ftp_logins_and_refused_commands_are_moments_and_routine_commands_are_not() -> None:
    story = Story()
    _ftp(story, "AUTH")
    _ftp(story, "PASS")
    _ftp(story, "CWD")
    _ftp(story, "USER", **REFUSED | {"fault_code": "clear-text", "cause": "USER came without TLS"})
    login, refused = _moments(story)
    assert (login.text.in_language("en"), login.trouble) == ("logs in by FTPS", False)
    assert (refused.text.in_language("en"), refused.trouble) == (
        "FTP command USER: refused: USER came without TLS",
        True,
    )


def test_an_entry_that_a_breach_cites_is_a_moment_whatever_it_is() -> None:
    story = Story()
    _token(story, authority=THEIRS.authority)
    _ftp(story, "CWD")
    story.write(Kind.RIGHT, "close", details={"user": "dit-100777"})
    assert _moments(story) == []
    assert [moment.entry for moment in _moments(story, 1, 2, 3)] == [1, 2, 3]
