"""The books of contracts and people; a person may have had an old and a new personal code.

The retailer's contracts: what happens to them in business, and what is to be said of them to BVKB.
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
    """Something was asked that does not fit the retailer's own data; says what and why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Tenancy:
    """A sub-user of a contract; ``until`` is the last day, None while it lasts."""

    sub_user: SubUser
    since: date
    until: date | None = None

    def lasts_on(self, day: date) -> bool:
        """Whether the sub-user still belongs to the contract on a day."""
        return self.until is None or day <= self.until


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract as the retailer has it in its books."""

    number: str
    metering_point: str
    address: Address
    holder: Person
    valid_from: date
    valid_to: date | None = None
    ended: bool = False
    tenancies: tuple[Tenancy, ...] = ()


def happened(contract: Contract | None, event: Mapping[str, Any]) -> Contract:
    """The contract after a business event; None stands for one that is not known yet. Raises BusinessError."""
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
    """What the retailer says of a contract, and when there is something to say."""

    def operation(self, contract: Contract, last: str | None) -> Operation:
        """Which operation the next record has; ``last`` is what was ``said`` of the contract before, if anything."""
        if last is None or self.is_renewed(contract, last):
            return Operation.NEW
        return Operation.END if contract.ended else Operation.CHANGE

    def is_renewed(self, contract: Contract, last: str) -> bool:
        """Whether a contract of this number ended, as was said, and a later one was signed under the same number."""
        fields = json.loads(last)
        began, ended = date.fromisoformat(fields["valid_from"]), _day(fields["valid_to"])
        if not fields["operation"] or ended is None:
            return False
        return contract.valid_from != began and contract.valid_from > ended

    def record(self, contract: Contract, operation: Operation, today: date) -> ContractRecord:
        """The contract's full state as a record. A sub-user is named until the last day of the tenancy."""
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

    def said(self, record: ContractRecord) -> str:
        """A record's content as comparable text: two records that say the same need not be sent twice.

        Of the operation only whether it is an end counts: a new contract and its change to the same state say the same.
        """
        content = asdict(record) | {"operation": record.operation is Operation.END}
        return json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)


def contract_to_json(contract: Contract) -> str:
    """A contract as text for the store."""
    return json.dumps(asdict(contract), ensure_ascii=False, default=str)


def contract_from_json(text: str) -> Contract:
    """A contract as it was stored."""
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
                SubUser(Person(**each["sub_user"]["person"]), Address(**each["sub_user"]["address"])),
                date.fromisoformat(each["since"]),
                _day(each["until"]),
            )
            for each in fields["tenancies"]
        ),
    )


TABLES = """
CREATE TABLE person (person TEXT PRIMARY KEY, code TEXT NOT NULL);
CREATE TABLE code (code TEXT PRIMARY KEY, person TEXT NOT NULL);
CREATE TABLE contract (number TEXT PRIMARY KEY, state TEXT NOT NULL);
"""


class Customers:
    """Contracts by number, persons by any code that they ever had."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def person(self, code: str) -> str:
        """The person who has or had this personal code; a new one when nobody has."""
        code = personal_code_canonical(code)
        found = self._database.rows("SELECT person FROM code WHERE code = ?", code)
        if found:
            return str(found[0][0])
        self._database.write("INSERT INTO person VALUES (?, ?)", code, code)
        self._database.write("INSERT INTO code VALUES (?, ?)", code, code)
        return code

    def rename(self, previous: str, code: str) -> tuple[str, str]:
        """A person's code changed. Returns who the person is from now on, and whom the new code meant until now."""
        code = personal_code_canonical(code)
        person, other = self.person(previous), self.person(code)
        self._database.write("UPDATE code SET person = ? WHERE person = ?", person, other)
        if other != person:
            self._database.write("DELETE FROM person WHERE person = ?", other)
        self._database.write("UPDATE person SET code = ? WHERE person = ?", code, person)
        return person, other

    def code_of(self, person: str) -> str:
        """The personal code that a person has now, as far as the retailer knows."""
        return str(self._database.rows("SELECT code FROM person WHERE person = ?", person)[0][0])

    def put(self, contract: Contract) -> None:
        """Keep a contract's state; its people become known."""
        for person in (contract.holder, *(tenancy.sub_user.person for tenancy in contract.tenancies)):
            self.person(person.code)
        self._database.write(
            "INSERT OR REPLACE INTO contract VALUES (?, ?)", contract.number, contract_to_json(contract)
        )

    def contract(self, number: str) -> Contract | None:
        """A contract, None when the retailer has none of this number."""
        found = self._database.rows("SELECT state FROM contract WHERE number = ?", number)
        return contract_from_json(found[0][0]) if found else None

    def contracts(self) -> tuple[Contract, ...]:
        """All contracts, in order of their numbers."""
        rows = self._database.rows("SELECT state FROM contract ORDER BY number")
        return tuple(contract_from_json(row[0]) for row in rows)
