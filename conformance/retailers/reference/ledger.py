"""Ledger of the retailer: support granted, bills made, and the support that each bill took, in SQLite.

In a retailer's system these are the accounts of its billing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.retailers.reference.billing import Account, Booking, Grant, Invoice
from conformance.retailers.reference.database import Database, to_cents, to_date, to_euro
from simulator.domain.model import Period

if TYPE_CHECKING:
    from decimal import Decimal

TABLES = """
CREATE TABLE allowance (
    number INTEGER PRIMARY KEY, document TEXT NOT NULL, person TEXT NOT NULL, contract TEXT NOT NULL,
    period TEXT NOT NULL, cents INTEGER NOT NULL);
CREATE INDEX allowance_contract ON allowance (contract);
CREATE TABLE invoice (
    number TEXT PRIMARY KEY, contract TEXT NOT NULL, period TEXT NOT NULL, issued TEXT NOT NULL, net INTEGER NOT NULL,
    vat INTEGER NOT NULL, reverses TEXT UNIQUE);
CREATE TABLE booking (
    number INTEGER PRIMARY KEY, person TEXT NOT NULL, contract TEXT NOT NULL, period TEXT NOT NULL,
    invoice TEXT NOT NULL, issued TEXT NOT NULL, net INTEGER NOT NULL, applied INTEGER NOT NULL,
    carried INTEGER NOT NULL, remainder INTEGER NOT NULL, reversal INTEGER NOT NULL);
CREATE INDEX booking_contract ON booking (contract);
CREATE INDEX booking_invoice ON booking (invoice);
CREATE TABLE billed (period TEXT PRIMARY KEY);
"""


class Ledger:
    """The stored grants, bills and bookings. Amounts are in EUR, stored as whole cents."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def grant(self, document_id: str, person: str, contract: str, period: Period, amount: Decimal) -> None:
        """Store support (EUR) for a person on a contract, from the discount document of a period."""
        self._database.write(
            "INSERT INTO allowance (document, person, contract, period, cents) VALUES (?, ?, ?, ?, ?)",
            document_id,
            person,
            contract,
            str(period),
            to_cents(amount),
        )

    def withdraw(self, document_id: str) -> None:
        """Delete the grants of a discount document, because another one replaces it."""
        self._database.write("DELETE FROM allowance WHERE document = ?", document_id)

    def merge(self, person: str, other: str) -> None:
        """Move the grants and bookings of ``other`` to ``person``: they turned out to be one person."""
        self._database.write("UPDATE allowance SET person = ? WHERE person = ?", person, other)
        self._database.write("UPDATE booking SET person = ? WHERE person = ?", person, other)

    def accounts(self, contract: str) -> tuple[Account, ...]:
        """Return the accounts of all persons with support on a contract."""
        grants: dict[str, list[Grant]] = {}
        rows = self._database.rows(
            "SELECT person, period, cents FROM allowance WHERE contract = ? ORDER BY number", contract
        )
        for person, period, cents in rows:
            grants.setdefault(person, []).append(Grant(Period.parse(period), to_euro(cents)))
        bookings: dict[str, list[Booking]] = {}
        for _, booking in self._bookings("WHERE contract = ?", contract):
            bookings.setdefault(booking.person, []).append(booking)
        return tuple(
            Account(person, contract, tuple(grants.get(person, ())), tuple(bookings.get(person, ())))
            for person in sorted(grants.keys() | bookings.keys())
        )

    def put_invoice(self, invoice: Invoice, period: Period, reverses: str | None = None) -> None:
        """Store a bill; ``reverses`` is the number of the bill that it reverses."""
        self._database.write(
            "INSERT INTO invoice VALUES (?, ?, ?, ?, ?, ?, ?)",
            invoice.number,
            invoice.contract,
            str(period),
            invoice.issued.isoformat(),
            to_cents(invoice.net),
            to_cents(invoice.vat),
            reverses,
        )

    def invoice(self, number: str) -> tuple[Invoice, Period, str | None] | None:
        """Return a bill, its period, and the number of the bill that it reverses; None when there is no such bill."""
        rows = self._database.rows(
            "SELECT contract, period, issued, net, vat, reverses FROM invoice WHERE number = ?", number
        )
        if not rows:
            return None
        contract, period, issued, net, vat, reverses = rows[0]
        invoice = Invoice(contract, number, to_date(issued), to_euro(net), to_euro(vat))
        return invoice, Period.parse(period), reverses

    def reversed_by(self, number: str) -> str | None:
        """Return the number of the bill that reverses this one, None when none does."""
        rows = self._database.rows("SELECT number FROM invoice WHERE reverses = ?", number)
        return str(rows[0][0]) if rows else None

    def put_booking(self, booking: Booking) -> None:
        """Store a booking."""
        self._database.write(
            "INSERT INTO booking"
            " (person, contract, period, invoice, issued, net, applied, carried, remainder, reversal)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            booking.person,
            booking.contract,
            str(booking.period),
            booking.invoice,
            booking.issued.isoformat(),
            to_cents(booking.net_bill),
            to_cents(booking.applied),
            to_cents(booking.carried_over),
            to_cents(booking.remainder),
            booking.reversal,
        )

    def booked(self, invoice: str) -> tuple[Booking, ...]:
        """Return the bookings of a bill, reversals included."""
        return tuple(booking for _, booking in self._bookings("WHERE invoice = ?", invoice))

    def booking(self, number: str) -> Booking:
        """Return a booking by its number."""
        return self._bookings("WHERE number = ?", number)[0][1]

    def bookings(self) -> tuple[tuple[str, Booking], ...]:
        """Return all bookings with their numbers, in order."""
        return self._bookings("")

    def note_billed(self, period: Period) -> None:
        """Record that the bills of a period were made."""
        self._database.write("INSERT OR IGNORE INTO billed VALUES (?)", str(period))

    def billed(self) -> tuple[Period, ...]:
        """Return the periods that were billed, in order."""
        return tuple(Period.parse(row[0]) for row in self._database.rows("SELECT period FROM billed ORDER BY period"))

    def _bookings(self, where: str, *values: str) -> tuple[tuple[str, Booking], ...]:
        rows = self._database.rows(
            "SELECT number, person, contract, period, invoice, issued, net, applied, carried, remainder, reversal "  # noqa: S608
            f"FROM booking {where} ORDER BY number",  # the conditions are our own
            *values,
        )
        return tuple(
            (
                str(number),
                Booking(
                    person=person,
                    contract=contract,
                    period=Period.parse(period),
                    invoice=invoice,
                    issued=to_date(issued),
                    net_bill=to_euro(net),
                    applied=to_euro(applied),
                    carried_over=to_euro(carried),
                    remainder=to_euro(remainder),
                    reversal=bool(reversal),
                ),
            )
            for number, person, contract, period, invoice, issued, net, applied, carried, remainder, reversal in rows
        )
