"""Customers of the retailer: contracts and persons, the business events that change them, and their contract records.

In a retailer's system this is the customer register. A person may have had an old and a new personal code.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from simulator.domain.identifiers import personal_code_canonical
from simulator.domain.model import Address, ContractRecord, Operation, Person, SubUser

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.retailers.reference.database import Database


class BusinessError(Exception):
    """A request does not fit the retailer's own data; the message says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Tenancy:
    """A sub-user of a contract; ``until`` is the last day, None while it lasts."""

    sub_user: SubUser
    since: date
    until: date | None = None

    def lasts_on(self, day: date) -> bool:
        """Return True when the sub-user still belongs to the contract on a day."""
        return self.until is None or day <= self.until


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract as the retailer has it in its books. ``valid_to`` is the last day, None while none is known."""

    number: str
    metering_point: str
    address: Address
    holder: Person
    valid_from: date
    valid_to: date | None = None
    ended: bool = False
    tenancies: tuple[Tenancy, ...] = ()


def apply_event(contract: Contract | None, event: Mapping[str, Any]) -> Contract:
    """Return the contract after a business event. ``contract`` is None before it is signed. Raises BusinessError."""
    kind, number = str(event.get("kind")), str(event.get("contract"))
    try:
        if kind == "contract.new":
            if contract is not None and not contract.ended:
                raise BusinessError(f"{kind}: contract {number!r} is there already and has not ended")
            return _signed(number, event)
        if contract is None:
            raise BusinessError(f"{kind}: there is no contract {number!r}")
        change = _CHANGES.get(kind)
        if change is None:
            raise BusinessError(f"{kind!r} is not a kind of event; known are contract.new, {', '.join(_CHANGES)}")
        return change(contract, event)
    except KeyError as missing:
        raise BusinessError(f"{kind} of contract {number!r} lacks {missing}") from missing
    except (TypeError, ValueError) as reason:
        raise BusinessError(f"{kind} of contract {number!r}: {reason}") from reason


def _signed(number: str, event: Mapping[str, Any]) -> Contract:
    return Contract(
        number=number,
        metering_point=str(event["metering_point"]),
        address=_address(event["address"]),
        holder=_person(event["holder"]),
        valid_from=date.fromisoformat(event["valid_from"]),
        valid_to=_day(event.get("valid_to")),
    )


def _changed(contract: Contract, event: Mapping[str, Any]) -> Contract:
    state = _signed(contract.number, event)
    # An end that was withdrawn (a switch may be, until the 24th) comes as a change without a last day.
    return replace(state, ended=contract.ended and state.valid_to is not None, tenancies=contract.tenancies)


def _ended(contract: Contract, event: Mapping[str, Any]) -> Contract:
    return replace(contract, valid_to=date.fromisoformat(event["valid_to"]), ended=True)


def _joined(contract: Contract, event: Mapping[str, Any]) -> Contract:
    sub_user = SubUser(_person(event["person"]), _address(event["address"]))
    others = tuple(tenancy for tenancy in contract.tenancies if not _same(tenancy, sub_user.person.code))
    return replace(contract, tenancies=(*others, Tenancy(sub_user, date.fromisoformat(event["valid_from"]))))


def _left(contract: Contract, event: Mapping[str, Any]) -> Contract:
    code, until = str(event["person"]["code"]), date.fromisoformat(event["valid_to"])
    if not any(_same(tenancy, code) for tenancy in contract.tenancies):
        raise BusinessError(f"sub_user.end: contract {contract.number!r} has no sub-user {code}")
    return replace(
        contract,
        tenancies=tuple(
            replace(tenancy, until=until) if _same(tenancy, code) else tenancy for tenancy in contract.tenancies
        ),
    )


_CHANGES = {
    "contract.change": _changed,
    "contract.end": _ended,
    "sub_user.add": _joined,
    "sub_user.end": _left,
}


def _same(tenancy: Tenancy, code: str) -> bool:
    return tenancy.sub_user.person.code.replace("-", "") == code.replace("-", "")


def _person(fields: Mapping[str, Any]) -> Person:
    return Person(str(fields["code"]), str(fields["given_name"]), str(fields["surname"]))


def _address(fields: Mapping[str, Any]) -> Address:
    return Address(str(fields["text"]), fields.get("code"))


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


class Reporting:
    """Contract records: their operation, their content, and when a contract has to be reported again."""

    def operation(self, contract: Contract, last: str | None) -> Operation:
        """Return the operation of the next record; ``last`` is the ``content`` of the last record, if any."""
        if last is None or self.is_renewed(contract, last):
            return Operation.NEW
        return Operation.END if contract.ended else Operation.CHANGE

    def is_renewed(self, contract: Contract, last: str) -> bool:
        """Return True when the end of the contract was reported and a later one has been signed under its number."""
        fields = json.loads(last)
        began, ended = date.fromisoformat(fields["valid_from"]), _day(fields["valid_to"])
        if not fields["operation"] or ended is None:
            return False
        return contract.valid_from != began and contract.valid_from > ended

    def record(self, contract: Contract, operation: Operation, today: date) -> ContractRecord:
        """Return the contract's full state as a record. A sub-user is named until the last day of the tenancy."""
        return ContractRecord(
            operation=operation,
            contract=contract.number,
            metering_point=contract.metering_point,
            address=contract.address,
            holder=contract.holder,
            sub_users=tuple(tenancy.sub_user for tenancy in contract.tenancies if tenancy.lasts_on(today)),
            valid_from=contract.valid_from,
            valid_to=contract.valid_to,
        )

    def content(self, record: ContractRecord) -> str:
        """Return a record's content as text; two records of equal text need not both be sent.

        Of the operation only an end counts: a new contract and a change to the same state are equal.
        """
        content = asdict(record) | {"operation": record.operation is Operation.END}
        return json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)


def contract_to_json(contract: Contract) -> str:
    """Return a contract as JSON text for the store."""
    return json.dumps(asdict(contract), ensure_ascii=False, default=str)


def contract_from_json(text: str) -> Contract:
    """Return a contract from its JSON text in the store."""
    fields = json.loads(text)
    return Contract(
        number=fields["number"],
        metering_point=fields["metering_point"],
        address=Address(**fields["address"]),
        holder=Person(**fields["holder"]),
        valid_from=date.fromisoformat(fields["valid_from"]),
        valid_to=_day(fields["valid_to"]),
        ended=fields["ended"],
        tenancies=tuple(
            Tenancy(
                SubUser(Person(**tenancy["sub_user"]["person"]), Address(**tenancy["sub_user"]["address"])),
                date.fromisoformat(tenancy["since"]),
                _day(tenancy["until"]),
            )
            for tenancy in fields["tenancies"]
        ),
    )


TABLES = """
CREATE TABLE person (person TEXT PRIMARY KEY, code TEXT NOT NULL);
CREATE TABLE code (code TEXT PRIMARY KEY, person TEXT NOT NULL);
CREATE TABLE contract (number TEXT PRIMARY KEY, state TEXT NOT NULL);
"""


class Customers:
    """The stored contracts, by number, and persons, by any personal code that they ever had."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def person(self, code: str) -> str:
        """Return the id of the person who has or had this personal code; a new one when nobody has."""
        code = personal_code_canonical(code)
        rows = self._database.rows("SELECT person FROM code WHERE code = ?", code)
        if rows:
            return str(rows[0][0])
        self._database.write("INSERT INTO person VALUES (?, ?)", code, code)
        self._database.write("INSERT INTO code VALUES (?, ?)", code, code)
        return code

    def rename(self, previous: str, code: str) -> tuple[str, str]:
        """Record a changed personal code. Returns the id of the person, and the id that the new code had until now."""
        code = personal_code_canonical(code)
        person, other = self.person(previous), self.person(code)
        self._database.write("UPDATE code SET person = ? WHERE person = ?", person, other)
        if other != person:
            self._database.write("DELETE FROM person WHERE person = ?", other)
        self._database.write("UPDATE person SET code = ? WHERE person = ?", code, person)
        return person, other

    def code_of(self, person: str) -> str:
        """Return the current personal code of a person, as far as the retailer knows."""
        return str(self._database.rows("SELECT code FROM person WHERE person = ?", person)[0][0])

    def put(self, contract: Contract) -> None:
        """Store a contract's state, and the persons in it."""
        for person in (contract.holder, *(tenancy.sub_user.person for tenancy in contract.tenancies)):
            self.person(person.code)
        self._database.write(
            "INSERT OR REPLACE INTO contract VALUES (?, ?)", contract.number, contract_to_json(contract)
        )

    def contract(self, number: str) -> Contract | None:
        """Return a contract, None when the retailer has none of this number."""
        rows = self._database.rows("SELECT state FROM contract WHERE number = ?", number)
        return contract_from_json(rows[0][0]) if rows else None

    def contracts(self) -> tuple[Contract, ...]:
        """Return all contracts, in order of their numbers."""
        rows = self._database.rows("SELECT state FROM contract ORDER BY number")
        return tuple(contract_from_json(row[0]) for row in rows)
