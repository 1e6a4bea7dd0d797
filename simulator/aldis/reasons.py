"""Why ALDIS decided as it did, in Latvian and English: which facts, which rule, which source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from simulator.documents.business.rules import CATEGORIES_LV
from simulator.documents.model import Basis, Category, Period
from simulator.documents.profile import Rate
from simulator.world import Arrears, Claim, Spell

_REGULATION_EN = "Cabinet Regulation No. 345 of 01.06.2021"
_REGULATION_LV = "Ministru kabineta 2021. gada 1. jūnija noteikumi Nr. 345"
_RULE_EN = f"{_REGULATION_EN} (documented)"
_RULE_LV = f"{_REGULATION_LV} (dokumentēts)"
_BASIS_LV = {Basis.DOCUMENTED: "dokumentēts", Basis.INFERRED: "secināts", Basis.ASSUMED: "pieņēmums"}
CATEGORIES_EN = {
    Category.LOW_INCOME: "poor or low-income",
    Category.DISABLED_CHILD: "child with a disability",
    Category.DISABILITY_GROUP_1: "disability group I",
    Category.GUARDIAN: "guardian",
    Category.LARGE_FAMILY: "large family",
}
_SOURCES = {
    "person": ("the person", "pati persona"),
    "municipality": ("the municipality", "pašvaldība"),
}


class ReasonKind(StrEnum):
    """What a reason is about."""

    FACT = "fact"
    RULE = "rule"
    AMOUNT = "amount"
    CONTRACT = "contract"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a decision, in both languages, with its source where it is a rule or an amount."""

    kind: ReasonKind
    en: str
    lv: str


def category_holds(spell: Spell) -> Reason:
    """A fact of the register: a category in force."""
    return _holds(spell.category, spell.count, spell.valid_from, spell.valid_to, spell.known_from)


@lru_cache(maxsize=8192)  # it does not say whose category it is, and many begin on the same day
def _holds(category: Category, count: int, since: date, until: date | None, known_from: date | None) -> Reason:
    until_en = f" until {until}" if until else ""
    until_lv = f" līdz {until}" if until else ""
    times = f" x {count}" if count > 1 else ""
    known_en = f"; ALDIS learned of it on {known_from}" if known_from else ""
    known_lv = f"; ALDIS to uzzināja {known_from}" if known_from else ""
    return Reason(
        ReasonKind.FACT,
        f"{CATEGORIES_EN[category]}{times} since {since}{until_en}{known_en}",
        f"{CATEGORIES_LV[category]}{times} no {since}{until_lv}{known_lv}",
    )


def arrears_exclude(debt: Arrears, since: Period) -> Reason:
    """A rule: maintenance arrears exclude."""
    return Reason(
        ReasonKind.RULE,
        f"maintenance arrears with UGF since {debt.valid_from} exclude from support since {since}: {_RULE_EN}",
        f"uzturlīdzekļu parāds UGF no {debt.valid_from}: kopš {since} atbalstu nepiemēro. {_RULE_LV}",
    )


def arrears_exempt(debt: Arrears, since: Period) -> Reason:
    """A rule: group I is exempt from the exclusion."""
    return Reason(
        ReasonKind.RULE,
        f"maintenance arrears with UGF since {debt.valid_from}, but group I is exempt since {since}: {_RULE_EN}",
        f"uzturlīdzekļu parāds UGF no {debt.valid_from}, bet I grupai kopš {since} ir izņēmums. {_RULE_LV}",
    )


def rate_applies(rate: Rate, times: int, period: Period) -> Reason:
    """An amount: what a category is worth in a month."""
    basis, source = rate.provenance.basis, rate.provenance.source
    source_lv = f"{_BASIS_LV[basis]}: {_in_latvian(source)}"
    return Reason(
        ReasonKind.AMOUNT,
        f"{CATEGORIES_EN[rate.category]}: {times} x {rate.amount} EUR for {period} ({basis}: {source})",
        f"{CATEGORIES_LV[rate.category]}: {times} x {rate.amount} EUR par {period} ({source_lv})",
    )


def _in_latvian(source: str) -> str:
    """A profile's sources are in English; the regulation is cited by its Latvian name, anything else as it is."""
    if not source.startswith(_REGULATION_EN):
        return source
    return _REGULATION_LV + (" ar grozījumiem" if "as amended" in source else "")


def no_rate(category: Category, period: Period) -> Reason:
    """An amount that does not exist: the category was not supported in that month."""
    return Reason(
        ReasonKind.AMOUNT,
        f"{CATEGORIES_EN[category]}: no rate for {period}",
        f"{CATEGORIES_LV[category]}: par {period} likmes nav",
    )


def contract_named(claim: Claim) -> Reason:
    """The contract is the one that the person or the municipality named."""
    source_en, source_lv = _SOURCES.get(claim.source, (claim.source, claim.source))
    return Reason(
        ReasonKind.CONTRACT,
        f"contract {claim.contract} of {claim.provider} was named by {source_en}",
        f"līgumu {claim.contract} (tirgotājs {claim.provider}) norādīja {source_lv}",
    )


def named_contract_ignored(claim: Claim) -> Reason:
    """A contract was named on which no retailer reports the person."""
    source_en, source_lv = _SOURCES.get(claim.source, (claim.source, claim.source))
    return Reason(
        ReasonKind.CONTRACT,
        f"contract {claim.contract} of {claim.provider}, named by {source_en}, does not carry this person",
        f"līgumā {claim.contract} (tirgotājs {claim.provider}), ko norādīja {source_lv}, tirgotājs šo personu nenorāda",
    )


def no_contract() -> Reason:
    """No retailer reports the person on any contract."""
    return Reason(ReasonKind.CONTRACT, "no contract carries this person", "neviens tirgotājs šo personu nenorāda")


def contract_known_first(contract: str, provider: str, of: int) -> Reason:
    """Nobody's word decides, so the contract that ALDIS knew first counts."""
    start_en, start_lv = f"contract {contract} of {provider}", f"līgums {contract} (tirgotājs {provider})"
    if of == 1:
        return Reason(
            ReasonKind.CONTRACT, f"{start_en}: the person's only contract", f"{start_lv}: personas vienīgais līgums"
        )
    return Reason(
        ReasonKind.CONTRACT,
        f"{start_en}: known first of {of} contracts; support applies to one: {_RULE_EN}; which one is assumed",
        f"{start_lv}: zināms pirmais no {of} līgumiem; atbalsts attiecas uz vienu. {_RULE_LV}; izvēle ir pieņēmums",
    )


def month_lacked(month: Period, amount: Decimal, on: date) -> Reason:
    """An earlier month is made good."""
    return Reason(
        ReasonKind.AMOUNT,
        f"{month} lacked {amount} EUR by what is known on {on}",
        f"par {month} trūka {amount} EUR pēc {on} zināmajiem datiem",
    )


def moved(contract: str, provider: str) -> Reason:
    """Support goes on on another contract."""
    return Reason(
        ReasonKind.CONTRACT,
        f"support moves to contract {contract} of {provider}",
        f"atbalstu turpmāk piemēro līgumam {contract} (tirgotājs {provider})",
    )


def contract_left() -> Reason:
    """The contract ended, or the person is not on it any more."""
    return Reason(
        ReasonKind.CONTRACT,
        "the contract does not carry this person any more",
        "līgums vairs nav spēkā vai persona tajā vairs nav norādīta",
    )


def excluded() -> Reason:
    """Arrears end a support that was running."""
    return Reason(ReasonKind.RULE, "excluded by maintenance arrears", "atbalstu izslēdz uzturlīdzekļu parāds")


def no_category(period: Period) -> Reason:
    """Nothing protects the person any more."""
    return Reason(
        ReasonKind.FACT,
        f"no category is in force in {period}",
        f"{period} nav spēkā neviena aizsargātā lietotāja kategorija",
    )
