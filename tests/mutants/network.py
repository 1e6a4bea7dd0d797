"""Retailers that neglect the duties of a DIT client."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from conformance.retailers.reference.driver import Driver
from conformance.retailers.reference.exchange import Exchange
from conformance.retailers.reference.messages import Outgoing, ReadState
from conformance.retailers.reference.reports import ContractReports
from conformance.retailers.reference.transfers import Fetching, Sending
from simulator.domain.model import ChannelName, Document, Period
from tests.mutants.variant import with_parts


class _FirstOnly(Fetching):
    def to_read(self, listed: Sequence[str]) -> Sequence[str]:
        return listed[:1]


class _NeverDeletes(Fetching):
    def delete(self, channel: ChannelName, message_id: str) -> None:
        self.note(channel, message_id, ReadState.DELETED)


class _NeverConfirms(Fetching):
    def must_confirm(self, channel: ChannelName) -> bool:
        return False


class _Impatient(Fetching):
    """Looks again at once whether something more has come."""

    def read_new(self, channel: ChannelName) -> None:
        super().read_new(channel)
        super().read_new(channel)


class _ForeignVersion(Fetching):
    def version(self, channel: ChannelName) -> str:
        own = super().version(channel)
        return own.replace("-v1-1-", "-v1-2-") if channel is ChannelName.DISCOUNT else own


class _NewDocumentOnResend(Sending):
    def again(self, outgoing: Outgoing) -> Outgoing:
        fresh = str(uuid.uuid4())
        return replace(outgoing, data=outgoing.data.replace(outgoing.document_id.encode(), fresh.encode()))


class _GivesUp(Exchange):
    """Never looks whether BVKB complained."""

    def fetch(self, channel: ChannelName) -> None:
        if channel is ChannelName.DISCOUNT:
            super().fetch(channel)


class _NoHyphens(ContractReports):
    """Writes document ids without hyphens."""

    def document(self, records: Any, period: Period, corrects: str | None) -> Document:
        document = super().document(records, period, corrects)
        return replace(document, header=replace(document.header, document_id=uuid.uuid4().hex))


class _ForeignName(ContractReports):
    """Writes its parent company's registration number."""

    def document(self, records: Any, period: Period, corrects: str | None) -> Document:
        document = super().document(records, period, corrects)
        return replace(document, header=replace(document.header, provider="40009990031"))


ListReadPartly = with_parts("Reads only the first message of a list.", fetching_type=_FirstOnly)
NeverDeletes = with_parts("Never deletes what it has read.", fetching_type=_NeverDeletes)
NeverConfirms = with_parts("Never confirms what it has processed.", fetching_type=_NeverConfirms)
PollsTooOften = with_parts("Looks again at once whether something more has come.", fetching_type=_Impatient)
NewDocumentOnResend = with_parts("Gives a document a new id when it sends it again.", sending_type=_NewDocumentOnResend)
ForeignVersion = with_parts("Asks for another retailer's version of the channel.", fetching_type=_ForeignVersion)
InvalidDocument = with_parts("Writes document ids without hyphens.", contract_reports_type=_NoHyphens)
ForeignName = with_parts("Writes its parent company's registration number.", contract_reports_type=_ForeignName)


class ComplaintsUnread(Driver):
    """Never looks whether BVKB complained."""

    exchange_type = _GivesUp


class BillsFail(Driver):
    """Cannot make a bill over 100 EUR."""

    def bill(self, *, period: str, invoices: Any) -> dict[str, Any]:
        if any(len(invoice["net"]) > 5 for invoice in invoices):
            raise OverflowError("value too large for column net")
        return super().bill(period=period, invoices=invoices)


class Elsewhere(Driver):
    """Says that its exchanges are done, and makes them in another environment."""

    def exchange(self, *, channels: Any) -> None:
        del channels
