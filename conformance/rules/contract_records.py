"""CON: whether a contract's record says what was signed, and fits together in itself."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.rules import plausible
from conformance.rules.evidence import Case
from conformance.rules.registry import PASSED, Check, rule
from conformance.rules.reporting import Difference, Said
from conformance.verdicts import Breach
from simulator.documents.identifiers import eic_valid, personal_code_valid
from simulator.documents.model import ChannelName

_CONTRACT = ChannelName.CONTRACT


@rule("CON-03")
def names_as_signed(case: Case) -> Iterator[Check]:
    """Holders and sub-users are called as in the contract."""
    yield from _as_signed(
        case, "holder.given_name", "holder.surname", "sub_users.person.given_name", "sub_users.person.surname"
    )


@rule("CON-17")
def metering_point_as_signed(case: Case) -> Iterator[Check]:
    """The metering point is the contract's own."""
    yield from _as_signed(case, "metering_point")


@rule("CON-18")
def address_as_signed(case: Case) -> Iterator[Check]:
    """Addresses are those of the contract and its sub-users."""
    yield from _as_signed(case, "address.text", "address.code", "sub_users.address.text", "sub_users.address.code")


@rule("CON-19")
def dates_as_signed(case: Case) -> Iterator[Check]:
    """First and last day are those of the contract."""
    yield from _as_signed(case, "valid_from", "valid_to")


@rule("CON-20")
def code_as_signed(case: Case) -> Iterator[Check]:
    """The holder's personal code is the one that the retailer knows."""
    yield from _as_signed(case, "holder.code")


def _as_signed(case: Case, *fields: str) -> Iterator[Check]:
    for said in case.reporting.said:
        if said.contract is None or said.contract in case.doubtful:
            continue
        found = [each for each in case.reporting.differences(said) if each.field in fields and not _implausible(each)]
        yield _differs(case, said, found) if found else PASSED


def _implausible(difference: Difference) -> bool:
    """What cannot be right by itself is another finding."""
    if difference.field == "metering_point":
        return not eic_valid(difference.found)
    return (
        difference.field.endswith(".code")
        and "address" not in difference.field
        and not personal_code_valid(difference.found)
    )


def _differs(case: Case, said: Said, differences: list[Difference]) -> Breach:
    told = "; ".join(f"{each.field} is {each.found!r}, signed was {each.expected!r}" for each in differences)
    teikts = "; ".join(f'{each.field} ir "{each.found}", līgumā "{each.expected}"' for each in differences)
    return Breach(
        en=f"The record of contract {said.contract} differs from what was signed: {told}.",
        lv=f"Līguma {said.contract} ieraksts atšķiras no noslēgtā: {teikts}.",
        expected="; ".join(f"{each.field} {each.expected!r}" for each in differences),
        expected_lv="; ".join(f'{each.field} "{each.expected}"' for each in differences),
        evidence=tuple(case.spot(said.sent, said.index, each.field, each.member) for each in differences),
    )


@rule("CON-09")
def metering_points_valid(case: Case) -> Iterator[Check]:
    """A metering point's EIC has 16 characters of which the last checks the others."""
    yield from plausible.occasions(case, frozenset({"metering-point"}), _CONTRACT)


@rule("CON-10")
def personal_codes_valid(case: Case) -> Iterator[Check]:
    """A personal code is of the old form with its check digit, or of the new form."""
    yield from plausible.occasions(case, frozenset({"personal-code"}))


@rule("CON-11")
def days_fit_together(case: Case) -> Iterator[Check]:
    """A contract does not end before it begins, and an end has its last day."""
    yield from plausible.occasions(case, frozenset({"validity", "end-date"}), _CONTRACT)


@rule("CON-12")
def contract_once(case: Case) -> Iterator[Check]:
    """A contract stands in a document once."""
    yield from plausible.occasions(case, frozenset({"duplicate-contract"}), _CONTRACT)


@rule("CON-13")
def person_once(case: Case) -> Iterator[Check]:
    """A person stands in a contract's record once."""
    yield from plausible.occasions(case, frozenset({"duplicate-person"}), _CONTRACT)
