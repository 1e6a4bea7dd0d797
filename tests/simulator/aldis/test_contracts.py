from __future__ import annotations

from datetime import date, datetime, timedelta

from simulator.aldis.contracts import ContractBook, ContractKey, Version
from simulator.aldis.register import Register
from simulator.domain.clock import RIGA
from simulator.domain.model import ContractRecord, Operation, Period
from tests.simulator.aldis.people import ANNA, EDGARS_NEW, EDGARS_OLD, ILZE, JANIS, PARAUGS, contract, edgars, world

P = PARAUGS.registration_number
C1, C2 = ContractKey(P, "1"), ContractKey(P, "2")
JANUARY_3 = datetime(2026, 1, 3, 10, tzinfo=RIGA)


class Book:
    """A contract book that takes documents of one record each, a day apart by default."""

    def __init__(self) -> None:
        register = Register(world(edgars(date(2026, 3, 10))), determination_day=7)
        self.book = ContractBook(register.identity)
        self._said = 0

    def say(self, record: ContractRecord, place: int | None = None, arrived: datetime | None = None) -> str:
        self._said += 1
        name = f"d{self._said}"
        at = arrived or JANUARY_3 + timedelta(days=self._said - 1)
        self.book.add(P, Version((place or self._said, 1), at, name, record))
        return name


def test_holder_and_sub_users_are_on_the_contract_from_its_first_month() -> None:
    book = Book()
    book.say(contract("1", ANNA, valid_from=date(2026, 2, 15), sub_users=(JANIS,)))
    assert book.book.on_contract(ANNA.code, C1, Period(2026, 1)) is None
    assert book.book.on_contract(ANNA.code, C1, Period(2026, 2)) == ANNA.code
    assert book.book.on_contract(JANIS.code, C1, Period(2026, 2)) == JANIS.code
    assert book.book.on_contract(ILZE.code, C1, Period(2026, 2)) is None


def test_an_end_ends_the_contract_after_its_month_and_leaves_its_people() -> None:
    book = Book()
    book.say(contract("1", ANNA, sub_users=(JANIS,)))
    # The end names the holder alone; the tenant stays on until it.
    book.say(contract("1", ANNA, Operation.END, valid_to=date(2026, 3, 1)))
    assert book.book.on_contract(JANIS.code, C1, Period(2026, 3)) == JANIS.code
    assert book.book.on_contract(ANNA.code, C1, Period(2026, 4)) is None


def test_an_end_can_be_taken_back_by_a_change() -> None:
    book = Book()
    book.say(contract("1", ANNA))
    book.say(contract("1", ANNA, Operation.END, valid_to=date(2026, 3, 31)))
    book.say(contract("1", ANNA, Operation.CHANGE))
    assert book.book.on_contract(ANNA.code, C1, Period(2026, 4)) == ANNA.code


def test_a_change_holds_from_its_own_first_day() -> None:
    book = Book()
    book.say(contract("1", ANNA))
    book.say(contract("1", JANIS, Operation.CHANGE, valid_from=date(2026, 4, 1)))
    assert book.book.on_contract(ANNA.code, C1, Period(2026, 3)) == ANNA.code
    assert book.book.on_contract(JANIS.code, C1, Period(2026, 3)) is None
    assert book.book.on_contract(JANIS.code, C1, Period(2026, 4)) == JANIS.code


def test_contracts_stand_in_the_order_in_which_they_were_known() -> None:
    book = Book()
    book.say(contract("2", ANNA))
    book.say(contract("1", ANNA))
    assert book.book.contracts_of(ANNA.code, Period(2026, 3)) == [C2, C1]
    assert book.book.known_since(ANNA.code, C1) == JANUARY_3 + timedelta(days=1)


def test_a_withdrawn_document_leaves_what_others_said() -> None:
    book = Book()
    book.say(contract("1", ANNA))
    second = book.say(contract("1", JANIS, Operation.CHANGE))
    book.book.withdraw(P, second)
    assert book.book.on_contract(ANNA.code, C1, Period(2026, 3)) == ANNA.code
    assert book.book.on_contract(JANIS.code, C1, Period(2026, 3)) is None


def test_a_correction_stands_where_the_corrected_document_stood() -> None:
    book = Book()
    first = book.say(contract("1", ANNA))
    book.say(contract("1", ANNA, Operation.END, valid_to=date(2026, 3, 31)))
    book.book.withdraw(P, first)
    book.say(contract("1", JANIS), place=1)
    # The end came after what is corrected, so it holds for the corrected contract and its people as well.
    assert book.book.on_contract(JANIS.code, C1, Period(2026, 3)) == JANIS.code
    assert book.book.on_contract(JANIS.code, C1, Period(2026, 4)) is None
    assert book.book.on_contract(ANNA.code, C1, Period(2026, 3)) is None


def test_saying_it_again_does_not_make_it_known_later() -> None:
    book = Book()
    first = book.say(contract("1", ANNA))
    book.book.withdraw(P, first)
    book.say(contract("1", ANNA, sub_users=(JANIS,)), place=1, arrived=JANUARY_3 + timedelta(days=90))
    assert book.book.known_since(ANNA.code, C1) == JANUARY_3
    assert book.book.known_since(JANIS.code, C1) == JANUARY_3 + timedelta(days=90)


def test_a_person_is_found_under_the_code_that_the_retailer_wrote() -> None:
    book = Book()
    book.say(contract("1", EDGARS_OLD))
    assert book.book.on_contract(EDGARS_NEW, C1, Period(2026, 2)) == EDGARS_OLD
    book.say(contract("1", EDGARS_NEW.replace("-", ""), Operation.CHANGE))
    assert book.book.on_contract(EDGARS_NEW, C1, Period(2026, 2)) == EDGARS_NEW.replace("-", "")
    assert book.book.persons() == [EDGARS_NEW]


def test_nothing_is_known_of_a_contract_whose_only_document_was_withdrawn() -> None:
    book = Book()
    first = book.say(contract("1", ANNA))
    assert book.book.knows(C1)
    book.book.withdraw(P, first)
    assert not book.book.knows(C1)
    assert not book.book.knows(C2)
    assert book.book.start(ANNA.code, C1) is None
