"""A simulation of a bundled world: its retailers report contracts, bill and pay out; results are read as lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from simulator.domain.model import (
    Address,
    ChannelName,
    ContractRecord,
    DiscountStatus,
    Operation,
    PayoutRecord,
    Person,
    SubUser,
)
from simulator.world.model import Contract, Resident, Retailer
from tests.simulator.aldis.country import Country, codes
from tests.simulator.aldis.people import KAIMINS, PARAUGS, payout

__all__ = ["KAIMINS", "PARAUGS", "Story", "codes"]


@dataclass
class Story:
    """A simulated country of a world of ``fixtures/worlds``."""

    country: Country

    # -- people and contracts

    def person(self, given_name: str) -> Resident:
        """The resident of this given name."""
        return next(resident for resident in self.country.world.residents if resident.given_name == given_name)

    def record(
        self,
        number: str,
        operation: Operation = Operation.NEW,
        retailer: Retailer = PARAUGS,
        valid_to: date | None = None,
        code: str | None = None,
    ) -> ContractRecord:
        """Return the record for a contract of the world; only a record that ends the contract has its last day."""
        found = next(
            contract
            for contract in self.country.world.contracts
            if (contract.number, contract.provider) == (number, retailer.registration_number)
        )
        holder = self._person(found.holder)
        return ContractRecord(
            operation=operation,
            contract=number,
            metering_point=found.metering_point,
            address=Address(self._resident(found.holder).address),
            holder=holder if code is None else Person(code, holder.given_name, holder.surname),
            sub_users=tuple(
                SubUser(self._person(sub_user), Address(self._resident(sub_user).address))
                for sub_user in found.sub_users
            ),
            valid_from=found.valid_from,
            valid_to=valid_to,
        )

    def sign(self, *numbers: str, retailer: Retailer = PARAUGS, **header: Any) -> dict[str, Any]:
        """The retailer reports contracts of the world as new: those named, or all of its own."""
        chosen = [contract for contract in self.country.world.contracts if self._is_of(contract, retailer)]
        records = [
            self.record(contract.number, retailer=retailer)
            for contract in chosen
            if not numbers or contract.number in numbers
        ]
        assert len(records) == (len(numbers) or len(chosen))
        return self.country.send(*records, retailer=retailer, **header)

    def pay(self, *payouts: PayoutRecord, retailer: Retailer = PARAUGS, **header: Any) -> list[tuple[str, int | None]]:
        """The retailer reports payouts; returns the codes and positions of what ALDIS finds wrong."""
        return codes(self.country.send(*payouts, retailer=retailer, **header))

    def bill(
        self, number: str, period: str, net: str, applied: str, *rest: str, of: str, **fields: Any
    ) -> PayoutRecord:
        """A payout record: net bill, applied, carried over and remainder, in EUR; ``of`` is a given name."""
        return payout(number, period, net, applied, *rest, person=self.person(of), **fields)

    def _is_of(self, contract: Contract, retailer: Retailer) -> bool:
        return contract.provider == retailer.registration_number

    def _resident(self, code: str) -> Resident:
        found = self.country.world.resident(code)
        assert found is not None
        return found

    def _person(self, code: str) -> Person:
        found = self._resident(code)
        return Person(found.code_on(self.country.clock.now().date()), found.given_name, found.surname)

    # -- results

    def decisions(self, retailer: Retailer = PARAUGS) -> list[str]:
        """Return the decisions in the retailer's mailbox as lines: period, contract, amount and catch-up, or end."""
        lines = []
        for document in self.country.discounts(retailer):
            for discount in document.discounts():
                start = f"{document.header.period} {discount.contract}"
                if discount.status is DiscountStatus.TERMINATED:
                    lines.append(f"{start} ended")
                    continue
                late = "".join(f" + {part.amount} for {part.period}" for part in discount.catch_up)
                lines.append(f"{start} {discount.amount_due}{late}")
        return lines

    def books(self, period: str, retailer: Retailer = PARAUGS) -> str:
        """Return the retailer's totals and differences after a month, by that month's reconciliation, as a line."""
        found = next(
            act
            for act in self.country.acts("reconcile")
            if (act["period"], act["provider"]) == (period, retailer.registration_number)
        )
        amounts = " ".join(f"{name} {found[name]}" for name in ("granted", "applied", "carried", "lapsed", "reversed"))
        wrong = "".join(f"; {each['code']} {each['expected']}, not {each['found']}" for each in found["differences"])
        return amounts + wrong

    def events(self, name: ChannelName, retailer: Retailer = PARAUGS) -> list[str]:
        """The error events in the retailer's mailbox: position, code and Latvian text."""
        return [
            f"{error.position}: {error.code}: {error.text_lv}"
            for _, report in self.country.errors(name, retailer)
            for error in report.errors
        ]
