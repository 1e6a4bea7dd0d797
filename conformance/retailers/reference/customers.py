"""The books of contracts and people; a person may have had an old and a new personal code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.retailers.reference.contracts import Contract, contract_from_json, contract_to_json
from simulator.documents.identifiers import personal_code_canonical

if TYPE_CHECKING:
    from conformance.retailers.reference.database import Database

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
        for person in (contract.holder, *(each.sub_user.person for each in contract.tenancies)):
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
