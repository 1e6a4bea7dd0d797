"""What a category is worth in a month, as it was known on a day: a rate can come into force for months already begun.

So did the rise of August 2023: in force on 26.08.2023, for consumption from 01.08.2023 (documented). The amounts
themselves are the profile's.

Why ALDIS decided as it did, in Latvian and English: which facts, which rule, which source.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from simulator.aldis.account import ZERO
from simulator.documents.profile import Rate
from simulator.domain.business_rules import CATEGORIES
from simulator.domain.language import Bilingual, Shown, Text, _
from simulator.domain.model import Category, CategoryCount, Period
from simulator.domain.provenance import Basis
from simulator.world.model import Arrears, Claim, Spell

_REGULATION_EN = "Cabinet Regulation No. 345 of 01.06.2021"
_REGULATION = _("Cabinet Regulation No. 345 of 01.06.2021")
_REGULATION_AMENDED = _("Cabinet Regulation No. 345 of 01.06.2021, as amended")
_RULE = _("Cabinet Regulation No. 345 of 01.06.2021 (documented)")
_BASES = {
    Basis.DOCUMENTED: _("documented"),
    Basis.INFERRED: _("inferred"),
    Basis.ASSUMED: _("assumed"),
}
_SOURCES = {
    "person": _("the person"),
    "municipality": _("the municipality"),
}


class ReasonKind(StrEnum):
    """What a reason is about."""

    FACT = "fact"
    RULE = "rule"
    AMOUNT = "amount"
    CONTRACT = "contract"


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason of a decision in both languages, with its source where it is a rule or an amount."""

    kind: ReasonKind
    en: str
    lv: str


def _reason(kind: ReasonKind, text: Text) -> Reason:
    # Shown at once: most reasons are kept, and written into the journal of many decisions.
    return Reason(kind, text.in_language("en"), text.in_language("lv"))


def category_holds(spell: Spell) -> Reason:
    """A fact of the register: a category in force."""
    return _holds(spell.category, spell.count, spell.valid_from, spell.valid_to, spell.known_from)


@lru_cache(maxsize=8192)  # it does not say whose category it is, and many begin on the same day
def _holds(category: Category, count: int, since: date, until: date | None, known_from: date | None) -> Reason:
    times = f" x {count}" if count > 1 else ""
    text = _(
        "{category}{times} since {since}{until}{known}",
        category=CATEGORIES[category],
        times=times,
        since=since,
        until=_(" until {day}", day=until) if until else "",
        known=_("; ALDIS learned of it on {day}", day=known_from) if known_from else "",
    )
    return _reason(ReasonKind.FACT, text)


def arrears_exclude(debt: Arrears, since: Period) -> Reason:
    """A rule: maintenance arrears exclude."""
    text = _(
        "maintenance arrears with UGF since {day} exclude from support since {month}: {rule}",
        day=debt.valid_from,
        month=since,
        rule=_RULE,
    )
    return _reason(ReasonKind.RULE, text)


def arrears_exempt(debt: Arrears, since: Period) -> Reason:
    """A rule: group I is exempt from the exclusion."""
    text = _(
        "maintenance arrears with UGF since {day}, but group I is exempt since {month}: {rule}",
        day=debt.valid_from,
        month=since,
        rule=_RULE,
    )
    return _reason(ReasonKind.RULE, text)


def rate_applies(rate: Rate, times: int, period: Period) -> Reason:
    """An amount: what a category is worth in a month."""
    text = _(
        "{category}: {times} x {amount} EUR for {period} ({basis}: {source})",
        category=CATEGORIES[rate.category],
        times=times,
        amount=rate.amount,
        period=period,
        basis=_BASES[rate.provenance.basis],
        source=_source(rate.provenance.source),
    )
    return _reason(ReasonKind.AMOUNT, text)


def _source(source: str) -> Shown:
    """A profile's sources are in English; the regulation is cited by its Latvian name, anything else as it is."""
    if not source.startswith(_REGULATION_EN):
        return Bilingual(source, source)
    name = _REGULATION_AMENDED if "as amended" in source else _REGULATION
    return Bilingual(name.in_language("lv"), source)


def no_rate(category: Category, period: Period) -> Reason:
    """An amount that does not exist: the category was not supported in that month."""
    text = _("{category}: no rate for {period}", category=CATEGORIES[category], period=period)
    return _reason(ReasonKind.AMOUNT, text)


def contract_named(claim: Claim) -> Reason:
    """The contract is the one that the person or the municipality named."""
    text = _(
        "contract {contract} of {provider} was named by {source}",
        contract=claim.contract,
        provider=claim.provider,
        source=_SOURCES.get(claim.source, claim.source),
    )
    return _reason(ReasonKind.CONTRACT, text)


def named_contract_ignored(claim: Claim) -> Reason:
    """A contract was named on which no retailer reports the person."""
    text = _(
        "contract {contract} of {provider}, named by {source}, does not carry this person",
        contract=claim.contract,
        provider=claim.provider,
        source=_SOURCES.get(claim.source, claim.source),
    )
    return _reason(ReasonKind.CONTRACT, text)


def no_contract() -> Reason:
    """No retailer reports the person on any contract."""
    return _reason(ReasonKind.CONTRACT, _("no contract carries this person"))


def contract_known_first(contract: str, provider: str, of: int) -> Reason:
    """The contract that ALDIS knew first, of as many as ``of``: neither person nor municipality named one."""
    if of == 1:
        text = _("contract {contract} of {provider}: the person's only contract", contract=contract, provider=provider)
    else:
        text = _(
            "contract {contract} of {provider}: known first of {count} contracts; support applies to one: {rule}; "
            "which one is assumed",
            contract=contract,
            provider=provider,
            count=of,
            rule=_RULE,
        )
    return _reason(ReasonKind.CONTRACT, text)


def month_lacked(month: Period, amount: Decimal, on: date) -> Reason:
    """An earlier month is paid afterwards."""
    text = _("{month} lacked {amount} EUR by what is known on {day}", month=month, amount=amount, day=on)
    return _reason(ReasonKind.AMOUNT, text)


def moved(contract: str, provider: str) -> Reason:
    """Support goes on on another contract."""
    text = _("support moves to contract {contract} of {provider}", contract=contract, provider=provider)
    return _reason(ReasonKind.CONTRACT, text)


def contract_left() -> Reason:
    """The contract ended, or the person is not on it any more."""
    return _reason(ReasonKind.CONTRACT, _("the contract does not carry this person any more"))


def excluded() -> Reason:
    """Arrears end a support that was running."""
    return _reason(ReasonKind.RULE, _("excluded by maintenance arrears"))


def no_category(period: Period) -> Reason:
    """Nothing protects the person any more."""
    return _reason(ReasonKind.FACT, _("no category is in force in {period}", period=period))


@dataclass(frozen=True, slots=True)
class Worth:
    """What categories are worth: EUR a month without VAT, those paid with their counts, a line for each."""

    amount: Decimal
    paid: tuple[CategoryCount, ...]
    lines: tuple[Reason, ...]


class Rates:
    """The profile's rates, found by category and month."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        self._rates: dict[Category, list[Rate]] = defaultdict(list)
        for rate in rates:
            self._rates[rate.category].append(rate)
        for known in self._rates.values():
            known.sort(key=lambda rate: rate.valid_from)
        # A month's determination asks the same few questions for every person.
        self._worth: dict[tuple[tuple[CategoryCount, ...], Period, date], Worth] = {}
        self._steady: dict[tuple[Period, Period, date], bool] = {}
        self._asked_on: date | None = None

    def rate(self, category: Category, period: Period, known_on: date) -> Rate | None:
        """The rate of a category (of one child or ward) for a month; None when there was none, as known on a day."""
        known = [rate for rate in self._rates.get(category, ()) if _known(rate, known_on)]
        begun = [rate for rate in known if rate.valid_from <= period]
        if not begun:
            return None
        rate = begun[-1]
        if rate.valid_to is None or period <= rate.valid_to:
            return rate
        # A rate ends because another takes over; until that one is known, it goes on.
        unknown = (rate for rate in self._rates[category] if not _known(rate, known_on))
        taken_over_later = any(rate.valid_to < each.valid_from <= period for each in unknown)
        return rate if taken_over_later else None

    def steady(self, first: Period, last: Period, known_on: date) -> bool:
        """Whether every category is worth the same in all months from one to another, by what was known on a day."""
        self._forget(known_on)
        question = (first, last, known_on)
        if question not in self._steady:
            months = [first]
            while months[-1] < last:
                months.append(months[-1] + 1)
            self._steady[question] = all(
                len({self.rate(category, month, known_on) for month in months}) == 1 for category in self._rates
            )
        return self._steady[question]

    def worth(self, categories: tuple[CategoryCount, ...], period: Period, known_on: date) -> Worth:
        """The support of all categories together; they add up (Reg. 345, documented)."""
        self._forget(known_on)
        question = (categories, period, known_on)
        if question not in self._worth:
            self._worth[question] = self._add_up(categories, period, known_on)
        return self._worth[question]

    def _forget(self, known_on: date) -> None:
        """Answers are kept for one day, that of a determination: the next one's are others."""
        if known_on != self._asked_on:
            self._asked_on = known_on
            self._worth.clear()
            self._steady.clear()

    def _add_up(self, categories: tuple[CategoryCount, ...], period: Period, known_on: date) -> Worth:
        total, paid, lines = ZERO, [], []
        for category in categories:
            rate = self.rate(category.category, period, known_on)
            if rate is None:
                lines.append(no_rate(category.category, period))
                continue
            times = category.count if rate.per_count else 1
            total += rate.amount * times
            paid.append(CategoryCount(category.category, times))
            lines.append(rate_applies(rate, times, period))
        return Worth(total, tuple(paid), tuple(lines))


def _known(rate: Rate, on: date) -> bool:
    return rate.known_from is None or rate.known_from <= on
