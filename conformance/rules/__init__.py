"""The rules: pure functions of a case (journal, world, profile, retailer), a module or two for each chapter."""

from __future__ import annotations

from conformance.requirements.verdicts import Verdict
from conformance.rules import (  # noqa: F401 - importing a chapter registers its rules
    contract_records,
    contracts,
    discounts,
    dit,
    driver,
    errors,
    payouts,
    security,
    xml,
)
from conformance.rules.case import Case
from conformance.rules.registry import rules


def judge(case: Case) -> tuple[Verdict, ...]:
    """Return the verdict of every rule on a case, in the order of the catalogue.

    Rules share the case's views, but no rule sees another's verdict.
    """
    return tuple(rule(case) for rule in rules())
