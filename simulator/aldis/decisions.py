"""The decisions of a month's determination: who gets how much support on which contract, with the reasons.

Works on the facts that it is given and does no input or output. Amounts are EUR without VAT.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from simulator.aldis import rates as reasons
from simulator.aldis.account import ZERO
from simulator.aldis.columns import GrantBook
from simulator.aldis.contracts import ContractBook, ContractKey
from simulator.aldis.rates import Rates, Reason
from simulator.aldis.register import EligibilityFacts, Register
from simulator.domain.identifiers import personal_code_canonical
from simulator.domain.language import _
from simulator.domain.model import CatchUp, CategoryCount, DiscountRecord, DiscountStatus, Period

_NAMESPACE = uuid.UUID("b1f0a1d5-6c1e-5d0e-9b0a-0c4a3f5e7a21").bytes

# Reasons are sent to the retailer, so they are in Latvian; their wording is assumed.
_LATE = _("Support for {period} that was decided later")
_NOT_PROTECTED = _("The person is not a protected user any more")
_ARREARS = _("No support because of maintenance arrears")
_CONTRACT_ENDED = _("The contract has ended, or the person is not on it any more")
_MOVED = _("Support is now applied to another contract of the person")


class Decision(NamedTuple):
    """A decision for one person (by identity) on one contract.

    ``record`` is the part that is sent to the retailer, ``why`` the reasons.
    """

    contract: ContractKey
    person: str
    record: DiscountRecord
    why: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Input of a determination.

    ``begins`` holds the first month of exchange of each retailer that joined later, by registration number.
    ``entitled`` and ``spans`` are caches: most people have the same eligibility facts as many others.
    """

    register: Register
    rates: Rates
    contracts: ContractBook
    grants: GrantBook
    begins: Mapping[str, Period] = field(default_factory=dict)
    entitled: dict[tuple[EligibilityFacts, int, int, date], Entitlement] = field(default_factory=dict)
    spans: dict[tuple[EligibilityFacts, int, int, int, int, date], tuple[Span, ...]] = field(default_factory=dict)

    def first_month(self, provider: str, otherwise: Period) -> Period:
        """Return the first month of a retailer's exchange; ``otherwise`` for one that took part from the beginning."""
        return self.begins.get(provider, otherwise)


class Entitlement(NamedTuple):
    """Support that a person is entitled to in a month by what is known on a day.

    ``amount`` is EUR without VAT; ``excluded`` means that maintenance arrears exclude the person.
    """

    categories: tuple[CategoryCount, ...]
    amount: Decimal
    why: tuple[Reason, ...]
    excluded: bool


class Span(NamedTuple):
    """Months from ``first`` to ``last`` with the amount of each in EUR; None when it is not the same in all of them."""

    first: Period
    last: Period
    amount: Decimal | None


def decide(facts: Facts, period: Period, on: date) -> tuple[Decision, ...]:
    """Return all decisions of a month's determination on the day ``on``, ordered by contract and person."""
    return tuple(
        decision for provider in facts.contracts.providers() for decision in decide_for(facts, provider, period, on)
    )


def decide_for(facts: Facts, provider: str, period: Period, on: date) -> Iterator[Decision]:
    """Yield the decisions of a month's determination on one retailer's contracts, ordered by contract and person.

    ``facts`` must not change before the last decision was taken from the iterator.
    """
    for contract, person in facts.contracts.pairs(provider):
        for decision in _decide_person(facts, person, period, on):
            if decision.contract == contract:
                yield decision


def entitlement(facts: Facts, person: str, period: Period, on: date) -> Entitlement:
    """Return what a person (by identity) is entitled to in a month, on any contract, by what was known on a day."""
    return _entitlement(facts, facts.register.eligibility(person), period, on)


def _entitlement(facts: Facts, eligibility: EligibilityFacts, period: Period, on: date) -> Entitlement:
    key = (eligibility, period.year, period.month, on)
    entitled = facts.entitled.get(key)
    if entitled is None:
        protection = facts.register.protection(eligibility, period, on)
        worth = facts.rates.worth(protection.categories, period, on)
        entitled = Entitlement(worth.paid, worth.amount, (*protection.why, *worth.lines), protection.excluded)
        facts.entitled[key] = entitled
    return entitled


def choose_contract(facts: Facts, person: str, period: Period) -> tuple[ContractKey | None, tuple[Reason, ...]]:
    """Return the one contract of a person that gets the support in a month, and the reasons for the choice.

    Support applies to one contract of a person (Reg. 345, documented). A contract that the person or the municipality
    named comes first, then the contract that ALDIS knew first; a named contract on which no retailer reports the
    person does not count (both assumed). The contract is None when no retailer reports the person on any.
    """
    known = facts.contracts.contracts_of(person, period)
    contracts = [contract_key for contract_key in known if facts.first_month(contract_key.provider, period) <= period]
    ignored: list[Reason] = []
    for claim in facts.register.claims(person):
        key = ContractKey(claim.provider, claim.contract)
        if key in contracts:
            return key, (*ignored, reasons.contract_named(claim))
        ignored.append(reasons.named_contract_ignored(claim))
    if not contracts:
        return None, tuple(ignored) or (reasons.no_contract(),)
    first = contracts[0]
    return first, (*ignored, reasons.contract_known_first(first.contract, first.provider, len(contracts)))


def _decide_person(facts: Facts, person: str, period: Period, on: date) -> Iterator[Decision]:
    chosen, chosen_why = choose_contract(facts, person, period)
    entitled = entitlement(facts, person, period, on)
    granted = False
    if chosen is not None:
        catch_up = tuple(_catch_up(facts, person, chosen, period, on))
        granted = entitled.amount > ZERO or bool(catch_up)
        if granted:
            yield _granted(facts, person, chosen, period, on, entitled, catch_up, chosen_why)
    for running in facts.grants.running(person):
        if not (granted and running == chosen):
            yield _terminated(facts, person, running, period, on, entitled, chosen if granted else None)


def _catch_up(facts: Facts, person: str, chosen: ContractKey, period: Period, on: date) -> Iterator[CatchUp]:
    """Yield the support that earlier months lack.

    Counts from the month in which the contract had begun and was known to ALDIS (assumed).
    """
    begin = facts.contracts.begin(person, chosen)
    if begin is None:
        return
    month = _month_of(begin)
    if facts.begins:
        month = max(month, facts.first_month(chosen.provider, month))
    eligibility = facts.register.eligibility(person)
    for first, last, due in _spans(facts, eligibility, month, period, on):
        # The usual case: the entitlement is the same in each of these months, and was granted.
        if due is not None and facts.grants.reached(person, first, last, due):
            continue
        earlier = first
        while earlier <= last:
            if facts.contracts.on_contract(person, chosen, earlier) is not None:
                entitled = _entitlement(facts, eligibility, earlier, on).amount
                missing = entitled - facts.grants.granted_for(person, earlier)
                if missing > ZERO:
                    yield CatchUp(earlier, missing, _LATE.filled(period=earlier).in_language("lv"))
            earlier += 1


def _spans(facts: Facts, eligibility: EligibilityFacts, first: Period, period: Period, on: date) -> tuple[Span, ...]:
    """Split the months from ``first`` to before ``period`` into spans with the same entitlement by these facts."""
    key = (eligibility, first.year, first.month, period.year, period.month, on)
    spans = facts.spans.get(key)
    if spans is None:
        # Runs reach up to the month itself: most people are entitled now to the same as in the months before.
        runs = facts.register.runs(eligibility, first, period) if first < period else []
        spans = tuple(
            Span(
                since,
                min(until, period - 1),
                _entitlement(facts, eligibility, until, on).amount if facts.rates.steady(since, until, on) else None,
            )
            for since, until in runs
            if since < period
        )
        facts.spans[key] = spans
    return spans


@lru_cache(maxsize=4096)
def _month_of(day: date) -> Period:
    return Period.of(day)


def _granted(
    facts: Facts,
    person: str,
    contract: ContractKey,
    period: Period,
    on: date,
    entitled: Entitlement,
    catch_up: tuple[CatchUp, ...],
    chosen_why: tuple[Reason, ...],
) -> Decision:
    record = DiscountRecord(
        contract=contract.contract,
        person_code=_written_code(facts, person, contract, period),
        categories=entitled.categories,
        amount_due=entitled.amount,
        catch_up=catch_up,
        status=DiscountStatus.GRANTED,
        decision_id=decision_id(contract, person, period),
        decision_date=on,
    )
    late = tuple(reasons.month_lacked(part.period, part.amount, on) for part in catch_up)
    return Decision(contract, person, record, (*entitled.why, *chosen_why, *late))


def _terminated(
    facts: Facts,
    person: str,
    contract: ContractKey,
    period: Period,
    on: date,
    entitled: Entitlement,
    moved_to: ContractKey | None,
) -> Decision:
    if moved_to is not None:
        reason, why = _MOVED, reasons.moved(moved_to.contract, moved_to.provider)
    elif facts.contracts.on_contract(person, contract, period) is None:
        reason, why = _CONTRACT_ENDED, reasons.contract_left()
    elif entitled.excluded:
        reason, why = _ARREARS, reasons.excluded()
    else:
        reason, why = _NOT_PROTECTED, reasons.no_category(period)
    record = DiscountRecord(
        contract=contract.contract,
        person_code=_written_code(facts, person, contract, period),
        categories=(),
        amount_due=ZERO,
        catch_up=(),
        status=DiscountStatus.TERMINATED,
        decision_id=decision_id(contract, person, period),
        decision_date=on,
        reason=reason.in_language("lv"),
    )
    return Decision(contract, person, record, (*entitled.why, why))


def _written_code(facts: Facts, person: str, contract: ContractKey, period: Period) -> str:
    """Return the code under which the retailer reports the person, which may be one before a change (assumed)."""
    code = facts.contracts.on_contract(person, contract, period) or facts.grants.last_code(person, contract) or person
    return personal_code_canonical(code)


def decision_id(contract: ContractKey, person: str, period: Period) -> str:
    """Return the number of a decision, derived from its contract, person and month."""
    return _guid(f"decision {contract.provider} {contract.contract} {person} {period}")


def document_id(provider: str, period: Period) -> str:
    """Return the document id of a retailer's part of a month's national list, derived from the two."""
    return _guid(f"discount {provider} {period}")


def _guid(name: str) -> str:
    """Return ``str(uuid.uuid5(namespace, name))`` in a third of its time: a country has many decisions."""
    digits = hashlib.sha1(_NAMESPACE + name.encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"
