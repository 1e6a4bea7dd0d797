"""A case: one journal seen from one retailer, as cached, typed views. An odd journal gives less, never an error."""

from __future__ import annotations

import re
from functools import cached_property

from lxml import etree

from conformance.requirements.verdicts import Evidence
from conformance.rules.access import Access
from conformance.rules.business import Business, plain
from conformance.rules.reporting import ContractReport, Reporting
from conformance.rules.settlement import Support
from conformance.rules.support import Payout
from conformance.rules.traffic import Delivery, Sent, Traffic, ValidDocument
from simulator.documents.parsing import Element
from simulator.documents.profile import Profile
from simulator.domain.identifiers import personal_code_canonical
from simulator.journal.entries import Entry, Journal
from simulator.world.model import Retailer, World

_EXCERPT = 200  # characters
_NAMESPACE = re.compile(r'\s+xmlns(:[\w.\-]+)?="[^"]*"')


class Case:
    """All that is known of one retailer: traffic, access, business, contract reports, support."""

    def __init__(self, journal: Journal, world: World, profile: Profile, retailer: Retailer) -> None:
        self.journal = journal
        self.world = world
        self.profile = profile
        self.retailer = retailer

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """All entries, in order."""
        return tuple(self.journal.entries())

    @cached_property
    def traffic(self) -> Traffic:
        """Calls, sent documents, and the messages in the retailer's mailbox."""
        return Traffic(self.journal, self.entries, self.profile, self.retailer.authority, self.world.bvkb.id)

    @cached_property
    def access(self) -> Access:
        """Tokens, connections and FTPS sessions."""
        return Access(self.entries, self.traffic.calls, self.retailer.authority)

    @cached_property
    def business(self) -> Business:
        """Requests to the driver, scheduled runs, events of contracts, and bills."""
        return Business(self.entries, self.retailer.authority, self.access.blocked)

    @cached_property
    def reporting(self) -> Reporting:
        """The retailer's contract records, compared with the events of its contracts."""
        return Reporting(self.traffic, self.business)

    @cached_property
    def support(self) -> Support:
        """Grants, payouts, and each bill with the support that it took."""
        provider = self.retailer.registration_number
        return Support(self.traffic, self.business, self.reporting, self.profile, provider, self._person)

    @cached_property
    def own_contracts(self) -> frozenset[str]:
        """Numbers of the retailer's contracts, with those whose state is not known."""
        return frozenset((*self.reporting.history, *self.business.indeterminate))

    @cached_property
    def contracts_of_others(self) -> frozenset[str]:
        """Numbers of other retailers' contracts: by their own documents, or by the claims of persons in ALDIS."""
        own = self.retailer.registration_number
        claimed = frozenset(claim.contract for claim in self.world.claims if claim.provider != own)
        return claimed | self.traffic.reported_by_others

    def _person(self, code: str) -> str:
        """Return one text for a person, whichever of their personal codes is written, with hyphen or without."""
        resident = self.world.resident(code.strip())
        if resident is not None:
            return personal_code_canonical(resident.code)
        return personal_code_canonical(self._new_codes.get(plain(code), code))

    @cached_property
    def _new_codes(self) -> dict[str, str]:
        changes = [event for event in self.business.events if event.previous_code is not None]
        return {plain(event.previous_code or ""): event.after.holder.code for event in changes}

    def evidence_in_record(
        self, reported: ContractReport | Payout, field: str | None = None, member: int | None = None
    ) -> Evidence:
        """Return a contract or payout record in its sent document, or a field of it, as evidence."""
        return self.evidence_in(reported.document, reported.index, field, member)

    def evidence_in(
        self,
        carrier: Sent | ValidDocument | Delivery,
        record: int | None = None,
        field: str | None = None,
        member: int | None = None,
    ) -> Evidence:
        """Return a place in a sent or delivered document as evidence.

        The place is a record (by index), a field of it, a field of one of its sub-users (``member``, counted from 0),
        or without a record a field of the header. A document that cannot be read gives its journal entry.
        """
        content = carrier.sent.content if isinstance(carrier, ValidDocument) else carrier.content
        located = content.located if content is not None else None
        if located is None:
            return Evidence(carrier.number)
        names = self.profile.names()
        if field is not None:
            element, attribute = located.find(record, field, member)
            return Evidence(carrier.number, names.path(element, attribute), _excerpt(element))
        if record is not None:
            element = located.records[record]
            return Evidence(carrier.number, names.path(element), _excerpt(element))
        return Evidence(carrier.number, names.path(located.tree.getroot()))


def _excerpt(element: Element) -> str:
    """Return a piece of XML as one short line."""
    written = etree.tostring(element, encoding="unicode", with_tail=False)
    line = " ".join(_NAMESPACE.sub("", written).split())
    return line if len(line) <= _EXCERPT else line[: _EXCERPT - 1] + "…"
