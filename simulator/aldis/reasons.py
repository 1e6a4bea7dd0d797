"""Why ALDIS decided as it did, in Latvian and English: which facts, which rule, which source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from simulator.documents.business.rules import CATEGORIES
from simulator.documents.model import Basis, Category, Period
from simulator.documents.profile import Rate
from simulator.domain.language import Bilingual, Shown, Text, _
from simulator.world import Arrears, Claim, Spell

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
