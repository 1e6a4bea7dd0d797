"""SEC, entry by entry: faults that no bundled retailer has are found by their own rule too, and by no other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from conformance.rules import security
from simulator.journal import Entry, Kind, Outcome
from simulator.security.errors import Check
from tests.conformance.rules.builder import THEIRS, Story, contract

CLAIMS = [
    "http://www.oasis-open.org/RSA2004/attributes/AUTHORITY",
    "http://docs.oasis-open.org/wsfed/authorization/200706/claims/action",
]


def issue(story: Story, token: str, *, holds: float = 7200, **fields: Any) -> Entry:
    """A token of the STS; ``holds`` in seconds."""
    details = {
        "user": "paraugs",
        "clock": "simulated",
        "claims": CLAIMS,
        "token_digest": token,
        "expires": (story.now + timedelta(seconds=holds)).isoformat(),
    }
    return story.write(Kind.TOKEN, "Issue", **{"details": details} | fields)


def connection(story: Story, operation: str, certificate: str) -> None:
    details = {"certificate": certificate, "said": "POST /dit/v1-2/MessageService"}
    outcome = Outcome.OK if operation == "shown" else Outcome.FAULT
    story.write(Kind.CONNECTION, operation, authority=None, outcome=outcome, details=details)


def reported(story: Story, token: str) -> Story:
    """Anna's contract, reported with a token."""
    story.sign()
    with story.run("contract"):
        story.call("ReceiveMessageList", details=shown(token), channel_version=None)
        story.report(contract())
    return story


def shown(token: str) -> dict[str, Any]:
    known = {"token_digest": token, "clock": "simulated", "key_type": "SymmetricKey"}
    return {"security": known, "selector": {}, "read": False}


def refusal(story: Story, check: str, token: str | None = "t1") -> None:
    details: dict[str, Any] = {"complaints": [{"code": check}]}
    if token is not None:
        details["security"] = {"token_digest": token}
    story.call("", fault="security", authority=None, details=details)


def test_a_token_that_was_asked_for_and_used_breaks_nothing() -> None:
    story = Story()
    issue(story, "t1")
    verdicts = reported(story, "t1").verdicts()
    assert story.broken() == {}
    assert all(
        verdicts[requirement].checked for requirement in ("SEC-02", "SEC-03", "SEC-06", "SEC-07", "SEC-08", "SEC-10")
    )


@pytest.mark.parametrize("operation", ["request", "plain"])
def test_what_goes_to_a_stranger_or_without_tls(operation: str) -> None:
    story = Story()
    connection(story, operation, "foreign" if operation == "request" else "own")
    assert story.broken() == {"SEC-01": 1}


def test_a_client_that_breaks_off_at_a_foreign_certificate_does_right() -> None:
    story = Story()
    connection(story, "shown", "foreign")
    connection(story, "handshake", "foreign")
    assert story.verdicts()["SEC-01"].checked == 1
    assert story.broken() == {}


def test_a_token_asked_for_as_somebody_else() -> None:
    story = Story()
    issue(story, "t1")
    issue(story, "t2", authority=THEIRS.authority)
    reported(story, "t1")
    assert story.broken() == {"SEC-08": 1}


def test_a_token_that_ended_and_that_dit_still_bears_with() -> None:
    story = Story()
    issue(story, "t1", holds=10)
    reported(story, "t1")
    assert story.broken() == {"SEC-04": 1}


@pytest.mark.parametrize(
    ("check", "requirement"),
    [
        ("transport", "SEC-01"),
        ("token-audience", "SEC-02"),
        ("claim", "SEC-03"),
        ("token-early", "SEC-04"),
        ("timestamp", "SEC-06"),
        ("clock", "SEC-06"),
        ("signed-parts", "SEC-07"),
        ("replay", "SEC-07"),
        ("user", "SEC-08"),
        ("token-encryption", "SEC-10"),
    ],
)
def test_each_failed_check_is_the_finding_of_one_requirement(check: str, requirement: str) -> None:
    story = Story()
    issue(story, "t1")
    refusal(story, check)
    assert story.broken() == {requirement: 1}


def test_every_check_of_the_guard_is_somebody_s_finding() -> None:
    assert {check for checks in security._CHECKS.values() for check in checks} == {str(check) for check in Check}


def test_a_refused_token_is_used_again() -> None:
    story = Story()
    issue(story, "t1")
    refusal(story, "token-signature")
    refusal(story, "timestamp")
    assert story.broken() == {"SEC-06": 1, "SEC-09": 1, "SEC-10": 1}


def test_faults_injected_by_the_simulator_are_no_finding() -> None:
    story = Story()
    issue(story, "t1")
    details = {"complaints": [{"code": "token-signature"}], "security": {"token_digest": "t1"}}
    story.call("", fault="security", authority=None, details={**details, "misbehaviour": "foreign_token"})
    issue(story, "t2")
    reported(story, "t2")
    assert story.broken() == {}
    assert story.verdicts()["SEC-09"].checked
