"""The amounts of support for each category and month, and the reasons that explain a decision.

``Rates`` gives the amounts of the profile as they were known on a day: a rate can come into force for months that have
already begun. The rise of August 2023 did: in force on 26.08.2023, for consumption from 01.08.2023 (documented).

The functions before it build the reasons of a decision (fact, rule, amount, contract) in English and Latvian.
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
    """Subject of a reason: a fact of the register, a rule, an amount, or the choice of the contract."""

    FACT = "fact"
    RULE = "rule"
    AMOUNT = "amount"
    CONTRACT = "contract"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a decision in English and Latvian; a rule or an amount names its source."""

    kind: ReasonKind
    en: str
    lv: str


def _reason(kind: ReasonKind, text: Text) -> Reason:
    # Both languages are rendered at once, because most reasons are cached and written for many decisions.
    return Reason(kind, text.in_language("en"), text.in_language("lv"))


def category_holds(spell: Spell) -> Reason:
    """Return the reason that a category is in force, by the register."""
    return _holds(spell.category, spell.count, spell.valid_from, spell.valid_to, spell.known_from)


@lru_cache(maxsize=8192)  # the text names no person, and many categories begin on the same day
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
    """Return the reason that maintenance arrears exclude, by the rule in force since the month ``since``."""
    text = _(
        "maintenance arrears with UGF since {day} exclude from support since {month}: {rule}",
        day=debt.valid_from,
        month=since,
        rule=_RULE,
    )
    return _reason(ReasonKind.RULE, text)


def arrears_exempt(debt: Arrears, since: Period) -> Reason:
    """Return the reason that group I is exempt from exclusion by arrears, since the month ``since``."""
    text = _(
        "maintenance arrears with UGF since {day}, but group I is exempt since {month}: {rule}",
        day=debt.valid_from,
        month=since,
        rule=_RULE,
    )
    return _reason(ReasonKind.RULE, text)


def rate_applies(rate: Rate, times: int, period: Period) -> Reason:
    """Return the reason for an amount: the rate of a category in a month, counted ``times`` times."""
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
    """Return a profile's source for both languages: the regulation by its name in each, any other text unchanged."""
    if not source.startswith(_REGULATION_EN):
        return Bilingual(source, source)
    name = _REGULATION_AMENDED if "as amended" in source else _REGULATION
    return Bilingual(name.in_language("lv"), source)


def no_rate(category: Category, period: Period) -> Reason:
    """Return the reason that a category has no rate: it was not supported in that month."""
    text = _("{category}: no rate for {period}", category=CATEGORIES[category], period=period)
    return _reason(ReasonKind.AMOUNT, text)


def contract_named(claim: Claim) -> Reason:
    """Return the reason for a contract that the person or the municipality named."""
    text = _(
        "contract {contract} of {provider} was named by {source}",
        contract=claim.contract,
        provider=claim.provider,
        source=_SOURCES.get(claim.source, claim.source),
    )
    return _reason(ReasonKind.CONTRACT, text)


def named_contract_ignored(claim: Claim) -> Reason:
    """Return the reason that a named contract does not count: no retailer reports the person on it."""
    text = _(
        "contract {contract} of {provider}, named by {source}, does not carry this person",
        contract=claim.contract,
        provider=claim.provider,
        source=_SOURCES.get(claim.source, claim.source),
    )
    return _reason(ReasonKind.CONTRACT, text)


def no_contract() -> Reason:
    """Return the reason for no contract: no retailer reports the person on any."""
    return _reason(ReasonKind.CONTRACT, _("no contract carries this person"))


def contract_known_first(contract: str, provider: str, of: int) -> Reason:
    """Return the reason for the contract that ALDIS knew first of ``of`` contracts, when none was named."""
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
    """Return the reason for catch-up: an earlier month lacked an amount in EUR by what is known on the day ``on``."""
    text = _("{month} lacked {amount} EUR by what is known on {day}", month=month, amount=amount, day=on)
    return _reason(ReasonKind.AMOUNT, text)


def moved(contract: str, provider: str) -> Reason:
    """Return the reason for an end of support on one contract: it moves to another."""
    text = _("support moves to contract {contract} of {provider}", contract=contract, provider=provider)
    return _reason(ReasonKind.CONTRACT, text)


def contract_left() -> Reason:
    """Return the reason for an end of support: the contract ended, or no longer names the person."""
    return _reason(ReasonKind.CONTRACT, _("the contract does not carry this person any more"))


def excluded() -> Reason:
    """Return the reason for an end of support by maintenance arrears."""
    return _reason(ReasonKind.RULE, _("excluded by maintenance arrears"))


def no_category(period: Period) -> Reason:
    """Return the reason for an end of support: no category protects the person any more."""
    return _reason(ReasonKind.FACT, _("no category is in force in {period}", period=period))


@dataclass(frozen=True, slots=True)
class Worth:
    """Support for several categories in a month.

    ``amount`` is EUR a month without VAT; ``paid`` are the categories with a rate and how often each counts; ``lines``
    has one reason for each category.
    """

    amount: Decimal
    paid: tuple[CategoryCount, ...]
    lines: tuple[Reason, ...]


class Rates:
    """Finds the profile's rates by category and month."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        self._rates: dict[Category, list[Rate]] = defaultdict(list)
        for rate in rates:
            self._rates[rate.category].append(rate)
        for rates_of_category in self._rates.values():
            rates_of_category.sort(key=lambda rate: rate.valid_from)
        # Caches: a determination looks up the same few values for every person.
        self._worth: dict[tuple[tuple[CategoryCount, ...], Period, date], Worth] = {}
        self._steady: dict[tuple[Period, Period, date], bool] = {}
        self._cached_for: date | None = None

    def rate(self, category: Category, period: Period, known_on: date) -> Rate | None:
        """Return the rate of a category (for one child or ward) in a month, as known on a day.

        None when the category has no rate in that month.
        """
        known_rates = [rate for rate in self._rates.get(category, ()) if _known(rate, known_on)]
        begun = [rate for rate in known_rates if rate.valid_from <= period]
        if not begun:
            return None
        rate = begun[-1]
        if rate.valid_to is None or period <= rate.valid_to:
            return rate
        # A rate ends because another one follows. Until the following rate is known, the earlier one applies.
        unknown_rates = (rate for rate in self._rates[category] if not _known(rate, known_on))
        is_followed = any(rate.valid_to < unknown.valid_from <= period for unknown in unknown_rates)
        return rate if is_followed else None

    def steady(self, first: Period, last: Period, known_on: date) -> bool:
        """Return True when no category's rate changes from ``first`` to ``last``, by what was known on a day."""
        self._forget(known_on)
        key = (first, last, known_on)
        if key not in self._steady:
            months = [first]
            while months[-1] < last:
                months.append(months[-1] + 1)
            self._steady[key] = all(
                len({self.rate(category, month, known_on) for month in months}) == 1 for category in self._rates
            )
        return self._steady[key]

    def worth(self, categories: tuple[CategoryCount, ...], period: Period, known_on: date) -> Worth:
        """Return the support of all categories together, which add up (Reg. 345, documented), as known on a day."""
        self._forget(known_on)
        key = (categories, period, known_on)
        if key not in self._worth:
            self._worth[key] = self._add_up(categories, period, known_on)
        return self._worth[key]

    def _forget(self, known_on: date) -> None:
        """Clear the caches when the day changes: they serve one determination."""
        if known_on != self._cached_for:
            self._cached_for = known_on
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
