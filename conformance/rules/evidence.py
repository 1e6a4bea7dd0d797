"""A case: one journal seen from one retailer, as cached, typed views. An odd journal gives less, never an error."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from lxml import etree

from conformance.rules import business, tokens, traffic
from conformance.rules.business import Bill, Exchange, Happening, Request
from conformance.rules.reporting import Reporting
from conformance.rules.sessions import Command, commands_of
from conformance.rules.settlement import Settlement, settle
from conformance.rules.support import Grant, Payout, grants_of, payouts_of
from conformance.rules.tokens import Issue, Use
from conformance.rules.traffic import Call, Delivery, Payloads, Sent, is_same
from conformance.verdicts import Evidence
from simulator.documents.identifiers import personal_code_canonical
from simulator.documents.identity import document_key
from simulator.documents.model import ChannelName
from simulator.documents.parsing import Element
from simulator.documents.profile import Profile
from simulator.documents.reading import Located
from simulator.journal.entries import Entry, Journal, Kind
from simulator.world import Retailer, World

_EXCERPT = 200  # characters
_NAMESPACE = re.compile(r'\s+xmlns(:[\w.\-]+)?="[^"]*"')


@dataclass(frozen=True, slots=True)
class Fetched:
    """A delivered message that the retailer has read and got. ``number`` is the entry of the call that brought it."""

    delivery: Delivery
    number: int
    call: Call


class Case:
    """What is known of one retailer's dealings: its calls, documents, business, and the support it was granted."""

    def __init__(self, journal: Journal, world: World, profile: Profile, retailer: Retailer) -> None:
        self.journal = journal
        self.world = world
        self.profile = profile
        self.retailer = retailer
        self._payloads = Payloads(journal.blob, profile)

    # -- traffic

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """All entries, in order."""
        return tuple(self.journal.entries())

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """The retailer's calls, accepted and refused."""
        return tuple(traffic.calls_of(self.entries, self.retailer.authority))

    @cached_property
    def ftp_commands(self) -> tuple[Command, ...]:
        """What the retailer did in FTPS sessions beside calls of DIT's."""
        return tuple(commands_of(self.entries, self.retailer.authority))

    @cached_property
    def sends(self) -> tuple[Sent, ...]:
        """Whatever the retailer tried to send."""
        return tuple(traffic.sends_of(self.calls, self.profile, self._payloads))

    @cached_property
    def deliveries(self) -> tuple[Delivery, ...]:
        """The messages in the retailer's mailbox."""
        return tuple(traffic.deliveries_of(self.entries, self.retailer.authority, self.profile, self._payloads))

    @cached_property
    def delivered(self) -> dict[str, Delivery]:
        """The same by message id."""
        return {each.message: each for each in self.deliveries}

    @cached_property
    def fetched(self) -> tuple[Fetched, ...]:
        """The messages that the retailer has read and got, in that order; each once."""
        found: dict[str, Fetched] = {}
        for call in self.calls:
            if call.operation == traffic.RECEIVE and call.answered:
                for message in call.messages:
                    delivery = self.delivered.get(message)
                    if delivery is not None:
                        found.setdefault(message, Fetched(delivery, call.number, call))
        return tuple(found.values())

    @cached_property
    def neighbours_contracts(self) -> frozenset[str]:
        """Numbers of contracts that are other retailers': by their own documents, or by what ALDIS knows of persons."""
        claimed = {each.contract for each in self.world.claims if each.provider != self.retailer.registration_number}
        reported = {
            record.contract
            for each in traffic.deliveries_of(self.entries, self.world.bvkb.id, self.profile, self._payloads)
            if each.sender not in (None, self.retailer.authority) and each.content is not None
            if each.channel is ChannelName.CONTRACT and each.content.document is not None
            for record in each.content.document.contracts()
        }
        return frozenset(claimed | reported)

    def documents(self, channel: ChannelName | None = None) -> tuple[Sent, ...]:
        """Accepted, valid documents, the resend of one left out; of one channel or of all."""
        return tuple(each for each in self._distinct if channel in (None, each.channel))

    @cached_property
    def _distinct(self) -> tuple[Sent, ...]:
        seen: dict[str, list[Sent]] = {}
        distinct: list[Sent] = []
        for each in self.sends:
            document = each.document
            if document is None:
                continue
            earlier = seen.setdefault(document_key(document.header.document_id), [])
            if not any(is_same(each, other) for other in earlier):
                earlier.append(each)
                distinct.append(each)
        return tuple(distinct)

    def clouded(self, channel: ChannelName, after: int) -> bool:
        """Whether something went wrong with a send on a channel later, so that nobody knows what it would have said.

        A refused or invalid document is another chapter's finding; what it should have reported is then not asked.
        """
        return any(number > after for number in self._clouds[channel])

    @cached_property
    def _clouds(self) -> dict[ChannelName, tuple[int, ...]]:
        clouds: dict[ChannelName, list[int]] = {each: [] for each in ChannelName}
        unclear = [
            # A document of another channel leaves unclear which one it should have been sent on.
            (each.number, each.channel if each.content is not None and each.content.located is not None else None)
            for each in self.sends
            if not each.is_event and each.document is None and not (each.call.our_trouble and self._sent_later(each))
        ]
        unclear += [
            (each.number, None) for each in self.calls if not each.done and not each.operation and not each.our_trouble
        ]
        unclear += [(each.number, None) for each in self.issues if not each.done]
        unclear += [(each.number, None) for each in self.connections if each.operation not in ("shown", "handshake")]
        for number, channel in unclear:
            for name in ChannelName if channel is None else (channel,):
                clouds[name].append(number)
        return {name: tuple(numbers) for name, numbers in clouds.items()}

    def _sent_later(self, failed: Sent) -> bool:
        """Whether what DIT could not take was taken later."""
        return any(each.number > failed.number and each.call.done and is_same(each, failed) for each in self.sends)

    # -- security

    @cached_property
    def issues(self) -> tuple[Issue, ...]:
        """The retailer's requests for tokens."""
        return tuple(tokens.issues_of(self.entries, self.retailer.authority))

    @cached_property
    def foreign_issues(self) -> tuple[Entry, ...]:
        """Tokens that were issued to others, although the suite moves nobody but this retailer."""
        own = (self.retailer.authority, None)
        found = (each for each in self.entries if each.kind is Kind.TOKEN and each.authority not in own)
        return tuple(found) if self.is_driven else ()

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """The calls at DIT's guarded addresses, in order."""
        return tuple(tokens.uses_of(self.calls))

    @cached_property
    def connections(self) -> tuple[Entry, ...]:
        """What came in place of a call."""
        return tuple(each for each in self.entries if each.kind is Kind.CONNECTION)

    @cached_property
    def _barred(self) -> tuple[int, ...]:
        """Where the way to DIT was barred: a wrong certificate, no token, or one that DIT did not accept."""
        tokens_refused = [each.number for each in self.issues if each.doctored or not each.done]
        calls_refused = [each.number for each in self.uses if not each.accepted]
        return (*tokens_refused, *calls_refused, *(each.number for each in self.connections))

    # -- business

    @cached_property
    def all_requests(self) -> tuple[Request, ...]:
        """All requests to the driver."""
        return business.requests_of(self.entries, self.retailer.authority)

    @cached_property
    def requests(self) -> tuple[Request, ...]:
        """The requests since the retailer was last told to forget everything."""
        return business.since_reset(self.all_requests)

    @cached_property
    def is_driven(self) -> bool:
        """Whether the suite moved the retailer; else the traffic is all that is known."""
        return any(each.do in ("apply", "bill", "exchange") for each in self.requests)

    @cached_property
    def all_exchanges(self) -> tuple[Exchange, ...]:
        """The scheduled runs that the retailer carried out."""
        return tuple(business.exchanges_of(self.requests))

    @cached_property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Those of them in which the way to DIT was open throughout: what was not done in another may be done later."""
        return tuple(
            each for each in self.all_exchanges if not any(each.number < barred < each.ended for barred in self._barred)
        )

    def offer(self, channel: ChannelName, after: int) -> Exchange | None:
        """The first scheduled run with a channel that began after an entry."""
        return next((each for each in self.exchanges if each.number > after and channel in each.channels), None)

    def run_of(self, number: int) -> Exchange | None:
        """The scheduled run in which an entry lies."""
        return next((each for each in self.exchanges if each.number < number < each.ended), None)

    @cached_property
    def happenings(self) -> tuple[Happening, ...]:
        """What happened to the retailer's contracts."""
        return tuple(business.happenings_of(self.requests))

    @cached_property
    def doubtful(self) -> frozenset[str]:
        """Contracts of which nobody knows what the retailer holds."""
        return business.doubtful_of(self.requests)

    @cached_property
    def bills(self) -> tuple[Bill, ...]:
        """The bills, credit notes included."""
        return tuple(business.bills_of(self.requests))

    @cached_property
    def reporting(self) -> Reporting:
        """What the retailer said of its contracts, held against what happened."""
        return Reporting(self)

    # -- money

    @cached_property
    def grants(self) -> tuple[Grant, ...]:
        """The support that the retailer knows of, in the order in which it learned."""
        return grants_of(self)

    @cached_property
    def payouts(self) -> tuple[Payout, ...]:
        """The payout records that stand: of documents that no later one corrects."""
        return payouts_of(self)

    @cached_property
    def settlements(self) -> tuple[Settlement, ...]:
        """Each bill with the support that was there for it and what was taken of it."""
        return settle(self)

    def person(self, code: str) -> str:
        """One text for a person, whichever of their personal codes is written, with hyphen or without."""
        resident = self.world.resident(code.strip())
        if resident is not None:
            return personal_code_canonical(resident.code)
        return personal_code_canonical(self._renamed.get(business.plain(code), code))

    @cached_property
    def _renamed(self) -> dict[str, str]:
        changes = [each for each in self.happenings if each.previous_code is not None]
        return {business.plain(each.previous_code or ""): each.after.holder.code for each in changes}

    # -- where it can be seen

    def bytes_of(self, reference: str | None) -> bytes | None:
        """The bytes behind a reference; None when the journal does not have them."""
        if reference is None:
            return None
        try:
            return self.journal.blob(reference)
        except KeyError:
            return None

    def entry(self, number: int) -> Evidence:
        """An entry as a whole."""
        return Evidence(entry=number)

    def spot(
        self, sent: Sent, record: int | None = None, field: str | None = None, member: int | None = None
    ) -> Evidence:
        """A place in a sent document: a record (by index), or a field of it, or (without a record) of the header."""
        located = sent.content.located if sent.content is not None else None
        return Evidence(sent.number) if located is None else self._place(located, sent.number, record, field, member)

    def delivered_spot(self, delivery: Delivery, record: int, field: str | None = None) -> Evidence:
        """A place in a delivered document."""
        located = delivery.content.located if delivery.content is not None else None
        return Evidence(delivery.number) if located is None else self._place(located, delivery.number, record, field)

    def _place(
        self, located: Located, number: int, record: int | None, field: str | None, member: int | None = None
    ) -> Evidence:
        names = self.profile.names()
        if field is not None:
            element, attribute = located.find(record, field, member)
            return Evidence(number, names.path(element, attribute), excerpt(element))
        if record is not None:
            return Evidence(number, names.path(located.records[record]), excerpt(located.records[record]))
        return Evidence(number, names.path(located.tree.getroot()))


def excerpt(element: Element) -> str:
    """A piece of XML as one short line."""
    written = etree.tostring(element, encoding="unicode", with_tail=False)
    line = " ".join(_NAMESPACE.sub("", written).split())
    return line if len(line) <= _EXCERPT else line[: _EXCERPT - 1] + "…"
