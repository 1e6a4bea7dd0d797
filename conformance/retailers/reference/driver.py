"""Driver of the reference retailer: a method for each request of the driver protocol.

In a retailer's system this is the adapter between the suite and the billing system; bills are made here as well.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from conformance.retailers.reference.billing import ZERO, Billing, Booking, Invoice
from conformance.retailers.reference.client import DitClient
from conformance.retailers.reference.context import Context, Identity, Store
from conformance.retailers.reference.customers import BusinessError, apply_event
from conformance.retailers.reference.exchange import Exchange
from conformance.retailers.reference.federation import Access
from conformance.retailers.reference.folders import FoldersClient
from simulator.documents.profile import load_profile
from simulator.domain.model import ChannelName, Period

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

NAME = "aldis-conformance reference retailer"
VERSION = "1"
CAN = ("clock", "sub_users", "corrections", "reversals", "ftps", "status")


class Driver:
    """The reference retailer. A method raises BusinessError when its request does not fit the books.

    ``path`` is the file of the books; by default they are kept in memory. A variant replaces one of the parts named
    ``..._type``.
    """

    store_type = Store
    client_type = DitClient
    folders_type = FoldersClient
    billing_type = Billing
    exchange_type = Exchange

    def __init__(self, path: str | Path = ":memory:") -> None:
        self.store = self.store_type(path)
        self.billing = self.billing_type()
        self._at: datetime | None = None
        self._context: Context | None = None
        self._exchange: Exchange | None = None

    def hello(
        self,
        *,
        endpoints: Mapping[str, Any],
        credentials: Mapping[str, Any],
        provider: Mapping[str, Any],
        channels: Mapping[str, str],
        profile: str,
        security: str = "off",
    ) -> dict[str, Any]:
        """Connect to the given endpoints as the given provider; returns name, version and capabilities."""
        client: DitClient | FoldersClient
        if endpoints.get("ftps"):
            client = self.folders_type(
                endpoints["ftps"], credentials["user"], credentials["password"], credentials["ca"]
            )
        else:
            client = self.client_type(
                endpoints["message_service"],
                credentials["user"],
                credentials.get("password") or "",
                wsdl=endpoints.get("message_service_wsdl"),
                access=None if security == "off" else Access.of(endpoints, credentials),
                clock=self.clock,
            )
        identity = Identity(
            provider=provider["registration_number"],
            versions={ChannelName(name): version for name, version in channels.items()},
            profile=load_profile(profile),
        )
        self._disconnect()
        self._context = Context(self.store, client, identity, self.clock)
        self._exchange = self.exchange_type(self._context)
        return {"name": NAME, "version": VERSION, "can": list(CAN)}

    def reset(self) -> None:
        """Delete all customers, bills and messages, and the token."""
        self.store.clear()
        if self._context is not None:
            self._context.client.forget()

    def now(self, *, at: str) -> None:
        """Set the clock to a moment (ISO 8601)."""
        self._at = datetime.fromisoformat(at)

    def clock(self) -> datetime:
        """Return the moment that the clock was set to, by default the machine's time; with its zone."""
        return self._at or datetime.now().astimezone()

    def apply(self, *, events: Iterable[Mapping[str, Any]]) -> None:
        """Apply business events: all of them, or none when one does not fit."""
        with self.store.transaction():
            for event in events:
                contract = apply_event(self.store.customers.contract(str(event.get("contract"))), event)
                previous = event.get("previous_code")
                if previous is not None:
                    self.store.rename(previous, contract.holder.code)
                self.store.customers.put(contract)

    def bill(self, *, period: str, invoices: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """Bill a period and take support off the bills: all of them, or none when one does not fit."""
        month = Period.parse(period)
        lines: list[dict[str, str]] = []
        with self.store.transaction():
            self.store.ledger.note_billed(month)
            for fields in invoices:
                invoice = _invoice(fields)
                bookings = self.bill_one(month, invoice, fields.get("reverses"))
                lines.extend(self.line(invoice, booking) for booking in bookings)
        return {"lines": lines}

    def line(self, invoice: Invoice, booking: Booking) -> dict[str, str]:
        """Return the line of a bill that states the support taken off (EUR); negative on a credit note."""
        return {
            "invoice": invoice.number,
            "person": self.store.customers.code_of(booking.person),
            "applied": f"{-booking.applied if booking.reversal else booking.applied:.2f}",
        }

    def bill_one(self, period: Period, invoice: Invoice, reverses: str | None) -> Sequence[Booking]:
        """Make one bill, or reverse an earlier one. A repeated bill changes nothing; other content is refused."""
        before = self.store.ledger.invoice(invoice.number)
        if before is not None:
            if before != (invoice, period, reverses):
                raise BusinessError(f"bill {invoice.number!r} was made before, with other content")
            booked = self.store.ledger.booked(reverses or invoice.number)
            return [booking for booking in booked if booking.reversal == (reverses is not None)]
        if self.store.customers.contract(invoice.contract) is None:
            raise BusinessError(f"bill {invoice.number!r} is for contract {invoice.contract!r}, which is not there")
        bookings = self.support(period, invoice) if reverses is None else self.take_back(invoice, reverses)
        self.store.ledger.put_invoice(invoice, period, reverses)
        for booking in bookings:
            self.store.ledger.put_booking(booking)
        return bookings

    def support(self, period: Period, invoice: Invoice) -> Sequence[Booking]:
        """Return the bookings of a bill: the support that it takes from its contract."""
        return self.billing.support(invoice, period, self.store.ledger.accounts(invoice.contract))

    def take_back(self, credit: Invoice, reverses: str) -> Sequence[Booking]:
        """Return the bookings that reverse a bill, so that its support becomes available again."""
        cancelled = self.store.ledger.invoice(reverses)
        if cancelled is None:
            raise BusinessError(f"bill {credit.number!r} reverses {reverses!r}, which was never made")
        if self.store.ledger.reversed_by(reverses) is not None:
            raise BusinessError(f"bill {reverses!r} was reversed before")
        return [self.billing.reversal(booking) for booking in self.store.ledger.booked(reverses)]

    def exchange(self, *, channels: Iterable[str]) -> dict[str, Any]:
        """Do the scheduled run of the given channels now; returns the problems that it met."""
        if self._context is None or self._exchange is None:
            raise BusinessError("exchange before hello: the endpoints of DIT are not known")
        self._context.problems.clear()
        self._exchange.run([ChannelName(channel) for channel in channels])
        return {"problems": list(self._context.problems)}

    def status(self, *, contract: str) -> dict[str, Any]:
        """Return the support (EUR) on a contract, of all persons: due this month, carried over, granted this year."""
        if self.store.customers.contract(contract) is None:
            raise BusinessError(f"there is no contract {contract!r}")
        month = Period.of(self.clock().date())
        accounts, billing = self.store.ledger.accounts(contract), self.billing
        return {
            "due": _total(billing.granted(account, month, month) for account in accounts),
            "carried": _total(billing.earlier(account, month) for account in accounts),
            "granted": _total(billing.granted(account, Period(month.year, 1), month) for account in accounts),
        }

    def bye(self) -> None:
        """Close the connection and the books."""
        self._disconnect()
        self.store.close()

    def _disconnect(self) -> None:
        if self._context is not None:
            self._context.client.close()
            self._context = self._exchange = None


def _invoice(fields: Mapping[str, Any]) -> Invoice:
    return Invoice(
        contract=str(fields["contract"]),
        number=str(fields["invoice"]),
        issued=date.fromisoformat(fields["date"]),
        net=Decimal(fields["net"]),
        vat=Decimal(fields["vat"]),
    )


def _total(amounts: Iterable[Decimal]) -> str:
    return f"{sum(amounts, ZERO):.2f}"
