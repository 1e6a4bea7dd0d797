"""What is checked and made before a message is written: right, size, relation, schema, the recipients' cuts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from simulator.dit import mailbox
from simulator.dit.model import DitError, MessageClass, Payload, Refusal
from simulator.dit.refusals import NO_SOURCE, documented, refuse
from simulator.dit.routing import routes
from simulator.dit.transformation import Cutter

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.dit.directory import Directory
    from simulator.dit.model import Caller, ChannelVersion, SendRequest
    from simulator.dit.routing import Route
    from simulator.dit.transformation import Cut
    from simulator.documents.complaints import Complaint
    from simulator.store import Unit


class Schemas(Protocol):
    """What the network needs of the schema catalogue."""

    def validate(self, urn: str, data: bytes, *, element: str | None = None) -> tuple[Complaint, ...]:
        """Everything that is wrong with a document under a schema URN; empty when it is valid."""
        ...


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One copy ready to be written: its route, and the recipient's own cut where there is one."""

    route: Route
    whole: Payload
    cut: Cut | None

    def addressed(self, unit: Unit) -> mailbox.Addressed:
        """The copy as the mailbox takes it; puts the cut into the store."""
        payload = self.whole
        if self.cut is not None:
            payload = Payload(unit.put_blob(self.cut.data), len(self.cut.data), self.cut.element)
        return mailbox.Addressed(self.route.recipient, self.route.version.urn, self.route.version.channel, payload)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """The network's way of checking what is sent; writes nothing."""

    catalogue: Schemas
    message_bytes: int
    validate_on_send: bool
    stylesheets: Path

    def prepare(self, unit: Unit, directory: Directory, caller: Caller, request: SendRequest) -> tuple[Outgoing, ...]:
        """The copies that a message makes; raises DitError when it may not be sent as it is."""
        version = directory.version(request.version)
        ways = routes(directory, caller, version, request)
        self._check_size(request.payload)
        _check_related(unit, caller, version, request)
        business = request.message_class is MessageClass.BUSINESS
        cuts = any(business and each.version.transformation is not None for each in ways)
        if not (self.validate_on_send or cuts):
            return tuple(Outgoing(each, request.payload, None) for each in ways)
        data = unit.blob(request.payload.reference)
        self._validate(version, data, business=business)
        if not cuts:
            return tuple(Outgoing(each, request.payload, None) for each in ways)
        return self._cut(ways, request.payload, Cutter(data, self.stylesheets))

    def _cut(self, ways: tuple[Route, ...], whole: Payload, cutter: Cutter) -> tuple[Outgoing, ...]:
        found = []
        for way in ways:
            if way.version.transformation is None:
                found.append(Outgoing(way, whole, None))
                continue
            cut = cutter.cut(way.version, way.version.transformation)
            if cut is not None:
                self._validate(way.version, cut.data, business=True, cut=True)
                found.append(Outgoing(way, whole, cut))
        return tuple(found)

    def _check_size(self, payload: Payload) -> None:
        if payload.size > self.message_bytes:
            raise refuse(
                Refusal.TOO_LARGE,
                f"the payload has {payload.size} bytes; the limit is {self.message_bytes}",
                found=f"The payload has {payload.size} bytes.",
                expected=f"at most {self.message_bytes} bytes.",
                provenance=documented("section 2.4"),
                remedy="split the document into several messages.",
            )

    def _validate(self, version: ChannelVersion, data: bytes, *, business: bool, cut: bool = False) -> None:
        if not self.validate_on_send:
            return
        schema = version.schema if business else version.error_schema
        complaints = self.catalogue.validate(schema, data, element=version.element if business else None)
        if complaints:
            raise _invalid(version, schema, complaints, cut=cut)


def _invalid(version: ChannelVersion, schema: str, complaints: tuple[Complaint, ...], *, cut: bool) -> DitError:
    first = complaints[0]
    place = f"line {first.line}, {first.path}" if first.line else first.path
    more = f" (and {len(complaints) - 1} more)" if len(complaints) > 1 else ""
    what = f"the cut of the payload for {version.urn}" if cut else "the payload"
    return refuse(
        Refusal.INVALID_PAYLOAD,
        f"{what} is not valid under {schema}: {place}: {first.found}{more}",
        found=f"{what[0].upper()}{what[1:]} breaks schema {schema} in {len(complaints)} place(s); "
        f"the first at {place}: {first.found}. Expected there: {first.expected.rstrip('.')}.",
        expected=f"a document that is valid under the schema of channel version {version.urn}.",
        provenance=NO_SOURCE,
        remedy="mend all places that the complaints name, check the document with `aldis validate`, and send it again.",
        complaints=complaints,
    )


def _check_related(unit: Unit, caller: Caller, version: ChannelVersion, request: SendRequest) -> None:
    if request.message_class is MessageClass.BUSINESS:
        return
    identifier = request.related_message
    related = mailbox.related(unit, identifier) if identifier else None
    if related is None or caller.authority not in related.parties:
        raise _unknown_related(caller, identifier, exists=related is not None)
    if related.channel != version.channel:
        raise refuse(
            Refusal.UNKNOWN_MESSAGE,
            f"message {identifier} was not sent on the channel of {version.urn}",
            found=f"The event on {version.urn} is about message {identifier} of channel {related.channel}.",
            expected="an event on the channel of the message that it is about.",
            provenance=documented("errors about a message"),
            remedy="send the event on a version of that channel.",
        )


def _unknown_related(caller: Caller, identifier: str | None, *, exists: bool) -> DitError:
    if not identifier:
        what = "no message"
    elif exists:
        what = f"message {identifier}, which authority {caller.authority} neither sent nor received"
    else:
        what = f"message {identifier}, which does not exist in DIT"
    return refuse(
        Refusal.UNKNOWN_MESSAGE,
        f"RelatedMessageID {identifier or '(none)'} names no message of authority {caller.authority}",
        found=f"The event is about {what}.",
        expected="RelatedMessageID with the MessageID of a message that the caller received (or sent).",
        provenance=documented("errors about a message"),
        remedy="take the MessageID from the message that the event is about.",
    )
