"""All accounts: who was granted how much on which contract in which calendar year, and what the retailers paid out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from simulator.aldis.account import Account, Bill, Grant, Totals
from simulator.aldis.contracts import ContractKey
from simulator.documents.model import Period


@dataclass(frozen=True, slots=True, order=True)
class AccountKey:
    """Whose account: a contract, a person by identity, a calendar year."""

    contract: ContractKey
    person: str
    year: int


class Ledger:
    """The accounts by their key. What nobody wrote to is an empty account."""

    def __init__(self) -> None:
        self._accounts: dict[AccountKey, Account] = {}
        self._of_contract: dict[tuple[ContractKey, int], set[AccountKey]] = defaultdict(set)
        self._of_document: dict[tuple[str, str], set[AccountKey]] = defaultdict(set)

    def account(self, key: AccountKey) -> Account:
        """An account as it stands."""
        return self._accounts.get(key, _EMPTY)

    def grant(self, key: AccountKey, grant: Grant) -> None:
        """Book what a discount document granted."""
        self._keep(key, self.account(key).with_grant(grant))

    def bill(self, key: AccountKey, bill: Bill) -> None:
        """Book an accepted payout record."""
        self._keep(key, self.account(key).with_bill(bill))
        self._of_document[key.contract.provider, bill.document].add(key)

    def withdraw(self, provider: str, document: str) -> None:
        """Undo all that a payout document of a retailer did."""
        for key in self._of_document.pop((provider, document), ()):
            self._keep(key, self.account(key).without_document(document))

    def on_contract(self, contract: ContractKey, year: int) -> list[AccountKey]:
        """The accounts of all persons of a contract in a year, in a fixed order."""
        return sorted(self._of_contract.get((contract, year), ()))

    def of_provider(self, provider: str, year: int) -> Iterator[AccountKey]:
        """A retailer's accounts of a year, in a fixed order."""
        return iter(sorted(each for each in self._accounts if each.contract.provider == provider and each.year == year))

    def totals(self, provider: str, through: Period) -> Totals:
        """Where all of a retailer's accounts together stand after a month, counted from the year's beginning."""
        return sum((self.account(key).totals(through) for key in self.of_provider(provider, through.year)), Totals())

    def _keep(self, key: AccountKey, account: Account) -> None:
        self._accounts[key] = account
        self._of_contract[key.contract, key.year].add(key)


_EMPTY = Account()
