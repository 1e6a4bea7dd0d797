"""A year of the whole country in one process, for ``test_aldis.py``: prints what its last month took, as JSON.

``python -m tests.benchmarks.national PERSONS MONTHS FOLDER``. Retailers are played by the same process, document by
document, through DIT; only the last month's duties are measured.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from datetime import time as hour
from decimal import Decimal
from itertools import islice
from pathlib import Path

from simulator.aldis.account import Bill
from simulator.aldis.authority import Aldis
from simulator.aldis.ledger import AccountKey
from simulator.dit.model import Payload, Selector, SendRequest
from simulator.dit.network import Network
from simulator.dit.rights import NetworkRules
from simulator.dit.xslt_process import transformer
from simulator.documents.profile import load_profile
from simulator.documents.reading import read_streamed
from simulator.documents.timetable import Duty, DutyKind
from simulator.documents.writing import document_parts
from simulator.domain.clock import RIGA, Clock
from simulator.domain.model import (
    Address,
    Category,
    ChannelName,
    ContractRecord,
    DiscountRecord,
    Document,
    Header,
    Operation,
    PayoutRecord,
    Period,
    Person,
    Record,
    SubUser,
)
from simulator.http.provisioning import installation_for
from simulator.journal import StoredJournal
from simulator.store import Store
from simulator.world.generator import generate_world
from simulator.world.model import Resident, Retailer, Spell, World
from tests.benchmarks.processes import peak_memory, processor_seconds

START = date(2026, 1, 1)
SMALL_BILL, LARGE_BILL = Decimal("12.50"), Decimal("180.00")


def protected_world(persons: int) -> World:
    """A made world of 4 retailers in which everybody is protected."""
    made = generate_world(residents=persons, retailers=4, seed=7, start=START)
    protected = {spell.person for spell in made.all_spells()}
    since = date(2025, 1, 1)
    more = (
        Spell(resident.code, Category.LOW_INCOME, since)
        for resident in made.residents
        if resident.code not in protected
    )
    return replace(made, spells=(*made.spells, *more))


class Year:
    """The country, month by month."""

    def __init__(self, persons: int, folder: Path) -> None:
        self.world = protected_world(persons)
        self.profile = load_profile()
        self.clock = Clock.frozen(datetime.combine(START, hour(8), RIGA))
        self.store = Store.open(folder)
        rules = NetworkRules(message_bytes=self.profile.limits.message_bytes.value)
        self.network = Network(clock=self.clock, catalogue=self.profile.catalogue, rules=rules)
        setup = installation_for(self.world, self.profile)
        with self.store.transaction() as transaction:
            self.network.registry.install(transaction, setup)
        self.aldis = Aldis(
            world=self.world, profile=self.profile, clock=self.clock, network=self.network, store=self.store
        )
        self.documents = 0

    def at(self, day: date, hours: int = 10) -> None:
        self.clock.advance(datetime.combine(day, hour(hours), RIGA))

    def duty(self, kind: DutyKind, period: Period) -> None:
        """Do one duty of the calendar."""
        month = period if kind is DutyKind.DETERMINE else period + 1
        day = 7 if kind is DutyKind.DETERMINE else 21
        at = datetime(month.year, month.month, day, 9, tzinfo=RIGA)
        self.clock.advance(at)
        self.aldis.perform(Duty(at, kind, period))

    def send(
        self, retailer: Retailer, channel: ChannelName, period: Period, records: Iterable[Record], count: int
    ) -> None:
        """A retailer's document, written as its records come."""
        self.documents += 1
        header = Header(
            document_id=f"00000000-0000-4000-8000-{self.documents:012d}",
            provider=retailer.registration_number,
            created_at=self.clock.now(),
            period=period,
            record_count=count,
        )
        with self.store.incoming() as incoming:
            for piece in _written(header, channel, records, self.profile):
                incoming.write(piece)
            incoming.finish()
            with self.store.transaction() as transaction:
                found = self.profile.channel(channel)
                payload = Payload(transaction.adopt(incoming), incoming.size, found.root)
                caller = self.network.caller(transaction, retailer.user)
                self.network.send(transaction, caller, SendRequest(found.version_urn(), payload))

    def contracts(self, retailer: Retailer, period: Period) -> None:
        """The retailer reports all its contracts."""
        own = [contract for contract in self.world.contracts if contract.provider == retailer.registration_number]
        self.send(retailer, ChannelName.CONTRACT, period, map(self._contract, own), len(own))

    def payouts(self, retailer: Retailer, period: Period) -> None:
        """The retailer reports a month's bills, each record worked out from the list that it got."""
        reference = self._list(retailer)
        count = sum(1 for _ in self._granted(reference))
        self.send(retailer, ChannelName.PAYOUT, period, self._bills(retailer, reference, period), count)

    def _list(self, retailer: Retailer) -> str:
        with self.store.transaction() as transaction:
            caller = self.network.caller(transaction, retailer.user)
            (message,) = self.network.receive(
                transaction, caller, Selector(channel=self.profile.channel(ChannelName.DISCOUNT).urn)
            )
            return message.payload.reference

    def _granted(self, reference: str) -> Iterator[tuple[str, str, Decimal]]:
        with self.store.reading() as transaction:
            pieces = transaction.open_blob(reference).pieces
        with self.store.spool() as spool:
            for record in read_streamed(pieces, self.profile, spool, ChannelName.DISCOUNT).records:
                if isinstance(record, DiscountRecord) and record.total:
                    yield record.contract, record.person_code, record.total

    def _bills(self, retailer: Retailer, reference: str, period: Period) -> Iterator[PayoutRecord]:
        state = self.aldis._known()
        assert state is not None
        for contract, code, total in self._granted(reference):
            small = contract.endswith("7")  # of every tenth contract the bill is smaller than the support
            bill = PayoutRecord(
                contract=contract,
                person_code=code,
                period=period,
                invoice_number=f"R-{period}-{contract}",
                invoice_date=period.last_day,
                net_bill=SMALL_BILL if small else LARGE_BILL,
                applied=total,
                carried_over=Decimal("0.00"),
                remainder=Decimal("0.00"),
            )
            if small or period.month == 1:
                key = state.account_key(retailer.registration_number, bill)
                assert key is not None
                bill = _worked_out(state.ledger.account(AccountKey(*key)).expected, bill)
            yield bill

    def _person(self, code: str) -> Resident:
        found = self.aldis._register.person(code)
        assert found is not None
        return found

    def _contract(self, each: object) -> ContractRecord:
        resident = self._person(each.holder)  # type: ignore[attr-defined]
        tenants = [self._person(code) for code in each.sub_users]  # type: ignore[attr-defined]
        return ContractRecord(
            operation=Operation.NEW,
            contract=each.number,  # type: ignore[attr-defined]
            metering_point=each.metering_point,  # type: ignore[attr-defined]
            address=Address(resident.address),
            holder=Person(resident.code_on(START), resident.given_name, resident.surname),
            sub_users=tuple(
                SubUser(Person(t.code_on(START), t.given_name, t.surname), Address(t.address)) for t in tenants
            ),
            valid_from=each.valid_from,  # type: ignore[attr-defined]
            valid_to=each.valid_to,  # type: ignore[attr-defined]
        )


def _worked_out(expected: Callable[[Bill], object], bill: PayoutRecord) -> PayoutRecord:
    found = expected(Bill((2**40, 1), "", bill))
    applied = min(bill.net_bill, found.available)  # type: ignore[attr-defined]
    carried = min(applied, found.earlier)  # type: ignore[attr-defined]
    return replace(bill, applied=applied, carried_over=carried, remainder=found.available - applied)  # type: ignore[attr-defined]


def _written(header: Header, channel: ChannelName, records: Iterable[Record], profile: object) -> Iterator[bytes]:
    first, after, waiting = True, b"", iter(records)
    while some := tuple(islice(waiting, 500)):
        before, body, between, after = document_parts(Document(channel, header, some), profile)  # type: ignore[arg-type]
        yield (before if first else between) + body
        first = False
    yield after


def _xmllint(year: Year) -> dict[str, float]:
    """How long xmllint takes for the last national list, to read it and to hold it against its schema, as a measure."""
    sent = [entry for entry in StoredJournal(year.store).entries() if entry.operation == "determine"][-1]
    schema = year.profile.catalogue.path(year.profile.national.schema_urn)
    with tempfile.NamedTemporaryFile() as file:
        with year.store.reading() as transaction:
            for piece in transaction.open_blob(sent.payload or "").pieces():
                file.write(piece)
        file.flush()
        start = time.perf_counter()
        subprocess.run(
            ["xmllint", "--stream", "--noout", "--schema", str(schema), file.name], check=True, capture_output=True
        )
        took = time.perf_counter() - start
        return {"list, MB": Path(file.name).stat().st_size / 1e6, "xmllint, s": took}


def _timed(year: Year, kind: DutyKind, period: Period) -> dict[str, float]:
    wall, processor = time.perf_counter(), _processor()
    year.duty(kind, period)
    return {f"{kind}, s": time.perf_counter() - wall, f"{kind}, CPU s": _processor() - processor}


def _processor() -> float:
    """Seconds of a core so far, with those of the process in which stylesheets run: it is kept from month to month."""
    with transformer() as process:
        return time.process_time() + processor_seconds(process.pid)


def main() -> None:
    persons, months, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    told = sys.stderr
    started = time.perf_counter()

    def tell(what: str) -> None:
        spent = f"{time.perf_counter() - started:7.1f} s, {time.process_time():7.1f} s CPU"
        print(f"{spent}, peak {peak_memory(os.getpid()):4.0f} MB  {what}", file=told, flush=True)

    year = Year(persons, folder)
    tell("world")
    figures: dict[str, float] = {"persons": persons, "months": months}
    period = Period.of(START)
    for retailer in year.world.retailers:
        year.contracts(retailer, period)
        year.aldis.wake()
    tell("contracts")
    for number in range(months):
        figures |= _timed(year, DutyKind.DETERMINE, period)
        tell(f"{period} determined")
        if number:
            figures |= _timed(year, DutyKind.RECONCILE, period - 1)
        year.at((period + 1).first_day)
        for retailer in year.world.retailers:
            year.payouts(retailer, period)
        tell(f"{period} payouts sent")
        year.aldis.wake()
        tell(f"{period} payouts taken")
        period += 1
    figures |= _timed(year, DutyKind.RECONCILE, period - 1)
    tell(f"{period - 1} reconciled")
    figures["peak, MB"] = peak_memory(os.getpid())
    figures |= _xmllint(year)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
