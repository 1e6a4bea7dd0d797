"""One scheduled run of the reference retailer: all that came is fetched and processed, then all that is due is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.retailers.reference.client import ConnectionLost, Received, Refused
from conformance.retailers.reference.contracts import Reporting
from conformance.retailers.reference.discounts import Discounts
from conformance.retailers.reference.fetching import Fetching
from conformance.retailers.reference.reports import ContractReports, PayoutReports, Reports
from conformance.retailers.reference.sending import Sending
from simulator.documents.model import ChannelName
from simulator.documents.reading import DocumentError, read_error_report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.retailers.reference.office import Office


class Exchange:
    """Puts the parts of a run together; a variant of the retailer replaces a part, or a method of one."""

    fetching_type = Fetching
    sending_type = Sending
    discounts_type = Discounts
    reporting_type = Reporting
    contract_reports_type = ContractReports
    payout_reports_type = PayoutReports

    def __init__(self, office: Office) -> None:
        self.office = office
        self.sending = self.sending_type(office)
        self.discounts = self.discounts_type(office)
        self.fetching = self.fetching_type(office, self.take, self.sending.events)
        self.reports: dict[ChannelName, Reports] = {
            ChannelName.CONTRACT: self.contract_reports_type(office, self.reporting_type()),
            ChannelName.PAYOUT: self.payout_reports_type(office),
        }

    def run(self, channels: Sequence[ChannelName]) -> None:
        """Fetch, then send, so that an error is known before the next document is written.

        What goes wrong on one channel is noted, and the others are served all the same.
        """
        self.sending.begin()
        for step in (self.fetch, self.send):
            for channel in channels:
                try:
                    step(channel)
                except (ConnectionLost, Refused) as reason:
                    self.office.note(f"channel {channel}: {reason}")

    def fetch(self, channel: ChannelName) -> None:
        """Fetch what came on a channel: discounts, or error events about what was sent."""
        self.fetching.run(channel)

    def send(self, channel: ChannelName) -> None:
        """Send what is due on a channel, and what earlier runs left in the queue."""
        if channel in self.reports:
            self.reports[channel].queue_due()
        self.sending.run(channel)

    def take(self, channel: ChannelName, message: Received) -> None:
        """Process one message."""
        if message.is_event:
            self.take_event(message)
        elif channel is ChannelName.DISCOUNT:
            self.discounts.take(message)
        else:
            self.office.note(
                f"message {message.message_id}: a business message on channel {channel} is not for a retailer"
            )

    def take_event(self, message: Received) -> None:
        """Keep what BVKB found wrong with a document of ours."""
        try:
            report = read_error_report(message.payload, self.office.party.profile)
        except DocumentError as reason:
            self.office.note(f"message {message.message_id}: an error event that cannot be read: {reason}")
            return
        self.office.store.outbox.put_complaints(report.document_id, report.errors)
        for each in report.errors:
            self.office.note(f"BVKB on document {report.document_id}, record {each.position}: {each.text_en}")
