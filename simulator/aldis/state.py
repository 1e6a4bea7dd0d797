"""All that ALDIS knows: contracts, decisions, ledger, documents. The same steps build it live and after a restart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from simulator.aldis.account import Bill, Grant
from simulator.aldis.contracts import ContractBook, ContractKey, Version
from simulator.aldis.filing import Filed, Files
from simulator.aldis.grants import GrantBook
from simulator.aldis.ledger import AccountKey, Ledger
from simulator.aldis.register import Register
from simulator.documents.model import ContractRecord, DiscountRecord, DiscountStatus, PayoutRecord, Period, Record


@dataclass(slots=True)
class State:
    """What was received and decided so far. ``determined`` and ``reconciled`` are the months whose duty is done."""

    register: Register
    contracts: ContractBook = field(init=False)
    grants: GrantBook = field(default_factory=GrantBook)
    ledger: Ledger = field(default_factory=Ledger)
    files: Files = field(default_factory=Files)
    determined: set[Period] = field(default_factory=set)
    reconciled: set[Period] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.contracts = ContractBook(self.register.identity)

    def withdraw(self, filed: Filed) -> None:
        """Undo what a document's records did, because another takes its place."""
        self.contracts.withdraw(filed.provider, filed.document_id)
        self.ledger.withdraw(filed.provider, filed.document_id)

    def book(self, filed: Filed, position: int, record: Record) -> None:
        """Take one accepted record of a document into the books."""
        order = (filed.place, position)
        match record:
            case ContractRecord():
                self.contracts.add(filed.provider, Version(order, filed.arrived, filed.document_id, record))
            case PayoutRecord():
                key = self.account_key(filed.provider, record)
                if key is not None:
                    self.ledger.bill(key, Bill(order, filed.document_id, record))
            case _:
                raise TypeError(f"a retailer sends contracts and payouts, not a {type(record).__name__}")

    def refile(self, filed: Filed, records: Sequence[Record]) -> None:
        """Take in a document that was judged before: its accepted records and nothing else."""
        if filed.corrects is not None:
            earlier = self.files.find(filed.provider, filed.corrects)
            if earlier is not None:
                self.withdraw(earlier)
        for position in filed.accepted:
            self.book(filed, position, records[position - 1])
        self.files.add(filed)

    def decided(self, contract: ContractKey, person: str, period: Period, record: DiscountRecord) -> None:
        """Take one published decision into the books."""
        self.grants.add(contract, person, period, record)
        if record.status is DiscountStatus.GRANTED:
            self.ledger.grant(AccountKey(contract, person, period.year), Grant(period, record.total))

    def account_key(self, provider: str, record: PayoutRecord) -> AccountKey | None:
        """Whose account a payout record is about, None when nobody ever had its personal code."""
        person = self.register.identity(record.person_code)
        if person is None:
            return None
        return AccountKey(self.contracts.key(provider, record.contract), person, record.period.year)
