"""Synthetic people, retailers and facts with short names for the tests."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from simulator.domain.identifiers import synthetic_metering_point, synthetic_new_personal_code
from simulator.domain.model import (
    Address,
    Category,
    CategoryCount,
    ContractRecord,
    Operation,
    PayoutRecord,
    Period,
    Person,
    SubUser,
)
from simulator.world.model import Authority, CodeChange, Resident, Retailer, Spell, World

PARAUGS = Retailer("Paraugs Enerģija", "40009990008", "100777", "paraugs", 1)
KAIMINS = Retailer("Kaimiņu Elektrība", "40009990012", "100778", "kaimins", 2)
BVKB = Authority("100500", "Būvniecības valsts kontroles birojs")

ANNA = Resident("010180-00012", "Anna", "Bērziņa", "Paraugu iela 1")
JANIS = Resident("140284-00020", "Jānis", "Kalniņš", "Paraugu iela 2")
ILZE = Resident("230391-00036", "Ilze", "Ozola", "Liepu iela 3")
EDGARS_OLD = "110893-00089"
EDGARS_NEW = synthetic_new_personal_code(100_008)
NOBODY = "190385-00140"


def edgars(on: date) -> Resident:
    """A person whose code changes on a day."""
    return Resident(EDGARS_NEW, "Edgars", "Balodis", "Skolas iela 11", (CodeChange(EDGARS_OLD, on),))


def world(*facts: object, start: date = date(2026, 1, 1), **fields: object) -> World:
    """A world with Anna, Jānis and Ilze, both retailers, and the spells given."""
    spells = tuple(fact for fact in facts if isinstance(fact, Spell))
    residents = (ANNA, JANIS, ILZE, *(fact for fact in facts if isinstance(fact, Resident)))
    return World("test", start, BVKB, (PARAUGS, KAIMINS), residents, spells, **fields)  # type: ignore[arg-type]


def poor(person: Resident, since: date = date(2025, 1, 1), until: date | None = None, **fields: object) -> Spell:
    """A low-income spell: 20 EUR a month since August 2023."""
    return Spell(person.code, Category.LOW_INCOME, since, until, **fields)  # type: ignore[arg-type]


def counts(**categories: int) -> tuple[CategoryCount, ...]:
    """Categories with their counts, in the order given."""
    return tuple(CategoryCount(Category(name), count) for name, count in categories.items())


def contract(
    number: str,
    holder: Resident | str = ANNA,
    operation: Operation = Operation.NEW,
    valid_from: date = date(2026, 1, 1),
    valid_to: date | None = None,
    sub_users: tuple[Resident, ...] = (),
    metering_point: str | None = None,
) -> ContractRecord:
    """A contract record; the holder is a resident or just a personal code."""
    return ContractRecord(
        operation=operation,
        contract=number,
        metering_point=metering_point or synthetic_metering_point(7),
        address=Address("Paraugu iela 1"),
        holder=_person(holder),
        sub_users=tuple(SubUser(_person(sub_user), Address(sub_user.address)) for sub_user in sub_users),
        valid_from=valid_from,
        valid_to=valid_to,
    )


def payout(
    number: str,
    period: Period | str,
    net: str,
    applied: str,
    carried: str = "0.00",
    remainder: str = "0.00",
    *,
    person: Resident | str = ANNA,
    invoice: str | None = None,
    day: date | None = None,
    reversal: bool = False,
) -> PayoutRecord:
    """A payout record; the invoice is dated the last day of its period by default."""
    month = Period.parse(period) if isinstance(period, str) else period
    return PayoutRecord(
        contract=number,
        person_code=person if isinstance(person, str) else person.code,
        period=month,
        invoice_number=invoice or f"R-{month}",
        invoice_date=day or month.last_day,
        net_bill=Decimal(net),
        applied=Decimal(applied),
        carried_over=Decimal(carried),
        remainder=Decimal(remainder),
        reversal=reversal,
    )


def _person(who: Resident | str) -> Person:
    if isinstance(who, str):
        return Person(who, "Vārds", "Uzvārds")
    return Person(who.code, who.given_name, who.surname)
