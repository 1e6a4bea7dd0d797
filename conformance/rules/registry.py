"""A rule is a generator of checks, each passed or a breach. ``@rule`` counts the checks and registers the rule.

@rule("PAY-07")
def paid_once(case: Case) -> Iterator[Check]:
    for payout in case.payouts:
        yield PASSED if ... else Breach(_("..."), evidence=...)
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import replace

from conformance.requirements.catalogue import Requirement, load
from conformance.requirements.verdicts import UNSTATED, Breach, Verdict
from conformance.rules.case import Case
from simulator.domain.language import Bilingual

PASSED = None
"""A check that the requirement passed."""

Check = Breach | None
Body = Callable[[Case], Iterator[Check]]
Rule = Callable[[Case], Verdict]
"""A pure function of a case: the journal, the world and the profile that the traffic was made under."""

_RULES: dict[str, Rule] = {}


def rule(requirement: str) -> Callable[[Body], Rule]:
    """Register a generator of checks as the rule of a requirement.

    The decorated function takes a case and returns the verdict. A breach that states no expectation gets the one of the
    catalogue. Raises ValueError when another function is the requirement's rule already.
    """

    def decorate(body: Body) -> Rule:
        @functools.wraps(body)
        def judge(case: Case) -> Verdict:
            checks = tuple(body(case))
            breaches = tuple(_complete(requirement, check) for check in checks if check is not PASSED)
            return Verdict(requirement, len(checks), breaches)

        other = _RULES.setdefault(requirement, judge)
        if (other.__module__, other.__qualname__) != (judge.__module__, judge.__qualname__):
            raise ValueError(f"{requirement} has two rules: {other.__qualname__} and {judge.__qualname__}")
        return judge

    return decorate


def rules() -> tuple[Rule, ...]:
    """Return the registered rules in the order of the catalogue, those of no requirement in it last."""
    known = [requirement.id for requirement in load() if requirement.id in _RULES]
    return tuple(_RULES[name] for name in (*known, *sorted(_RULES.keys() - set(known))))


def rule_of(requirement: str) -> Rule | None:
    """Return the registered rule of the requirement of this id, None when no rule judges it."""
    return _RULES.get(requirement)


@functools.cache
def _requirements() -> dict[str, Requirement]:
    return {requirement.id: requirement for requirement in load()}


def _complete(requirement: str, breach: Breach) -> Breach:
    if breach.expected != UNSTATED:
        return breach
    stated = _requirements()[requirement]
    if not stated.expected_en:
        raise LookupError(f"{requirement}: neither the rule nor the catalogue says what was expected")
    return replace(breach, expected=Bilingual(lv=stated.expected_lv, en=stated.expected_en))
