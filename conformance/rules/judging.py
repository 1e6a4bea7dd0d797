"""How a rule is written: a generator of occasions, each held or broken; the decorator counts them into a verdict."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.rules.model import Evidence, Finding, Rule, Verdict

if TYPE_CHECKING:
    from conformance.rules.evidence import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """An occasion on which a requirement was broken: what happened and what was expected, in English and Latvian."""

    en: str
    lv: str
    expected: str
    expected_lv: str
    evidence: tuple[Evidence, ...] = ()


HELD = None
"""An occasion on which the requirement held."""

Occasion = Broken | None
Body = Callable[["Case"], Iterator[Occasion]]


def rule(requirement: str) -> Callable[[Body], Rule]:
    """Make a rule for a requirement of a function that yields each occasion on which it could be broken."""

    def decorate(body: Body) -> Rule:
        @functools.wraps(body)
        def judge(case: Case) -> Verdict:
            occasions = tuple(body(case))
            return Verdict(
                requirement,
                len(occasions),
                tuple(_finding(requirement, each) for each in occasions if each is not HELD),
            )

        return judge

    return decorate


def _finding(requirement: str, broken: Broken) -> Finding:
    return Finding(
        requirement=requirement,
        message_lv=broken.lv,
        message_en=broken.en,
        expected=broken.expected,
        evidence=broken.evidence,
        expected_lv=broken.expected_lv,
    )
