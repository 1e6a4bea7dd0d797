"""The policy: breaches and waivers that fail a run, and those that do not."""

from __future__ import annotations

from datetime import date

import pytest

from conformance.report.events import Status
from conformance.requirements.verdicts import Breach, Verdict
from conformance.run.policy import Policy
from conformance.run.waivers import Waiver
from simulator.domain.language import Bilingual
from tests.conformance.report.runs import info

DAY = date(2026, 3, 2)
BREACH = Breach(Bilingual("Tas notika.", "It happened."), Bilingual("kaut kas cits", "something else"))


@pytest.mark.parametrize(
    ("level", "basis", "assumed", "fatal"),
    [
        ("must", "documented", "warn", True),
        ("must", "inferred", "warn", True),
        ("must", "assumed", "warn", False),
        ("must", "assumed", "fail", True),
        ("should", "documented", "fail", False),
    ],
)
def test_a_must_that_is_more_than_assumed_fails_the_run(level: str, basis: str, assumed: str, *, fatal: bool) -> None:
    policy, requirement = Policy(assumed), info("PAY-01", level, basis)
    assert policy.is_fatal(requirement) is fatal
    assert policy.status(requirement, checked=1, broken=True) is (Status.FAILED if fatal else Status.WARNED)
    verdict = Verdict("PAY-01", 1, (BREACH,))
    assert policy.failing([verdict], {"PAY-01": requirement}) == ({"PAY-01"} if fatal else set())


def test_what_is_not_broken_passed_or_was_not_tested() -> None:
    policy, requirement = Policy("warn"), info("PAY-01")
    assert policy.status(requirement, checked=2, broken=False) is Status.PASSED
    assert policy.status(requirement, checked=0, broken=False) is Status.NOT_TESTED
    assert policy.failing([Verdict("PAY-01", 2)], {"PAY-01": requirement}) == frozenset()


@pytest.mark.parametrize(("until", "status"), [(DAY, Status.WAIVED), (date(2026, 3, 1), Status.FAILED)])
def test_a_waiver_counts_through_its_last_day(until: date, status: Status) -> None:
    policy, requirement = Policy.of("warn", (Waiver("PAY-01", "later", until),), DAY), info("PAY-01")
    assert policy.status(requirement, checked=1, broken=True) is status
    failing = policy.failing([Verdict("PAY-01", 1, (BREACH,))], {"PAY-01": requirement})
    assert bool(failing) is (status is Status.FAILED)
