"""Sending: the checks of a message before it is written (size, relation, schema), and its cuts for sub-versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from simulator.dit import mailbox
from simulator.dit.directory import routes
from simulator.dit.model import MessageClass, Payload, RefusalCode
from simulator.dit.refusals import NO_SOURCE, Refused, documented, refuse
from simulator.dit.streamed_cuts import cut_in_slices
from simulator.dit.xslt import DEFAULT_SECONDS, Cut, Cutter
from simulator.dit.xslt_process import transformer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from simulator.dit.directory import Directory, Route
    from simulator.dit.model import Caller, ChannelVersion, SendRequest
    from simulator.dit.xslt import LargeCut
    from simulator.documents.parsing import Complaint, Pieces
    from simulator.store import Transaction

LARGE_BYTES = 1024 * 1024
"""Payloads above this size in bytes are validated as a stream, never parsed into memory."""

MAX_EXPLAINED_BYTES = 8 * LARGE_BYTES
"""Invalid payloads up to this size in bytes are parsed, so that all their errors are explained."""


@dataclass(frozen=True, slots=True)
class Examined:
    """The result of validating a payload before the transaction that sends its message.

    ``reference`` is the payload's blob. ``schema`` (a URN) and ``element`` (a Clark name) are what it was validated
    against.
    """

    reference: str
    schema: str
    element: str | None
    complaints: tuple[Complaint, ...]


class Schemas(Protocol):
    """The methods of the schema catalogue that the network uses."""

    def validate(self, urn: str, data: bytes, *, element: str | None = None) -> tuple[Complaint, ...]:
        """Return all complaints about a document under a schema URN; empty when it is valid."""
        ...

    def validate_stream(
        self, urn: str, pieces: Pieces, *, root: str | None = None, element: str | None = None
    ) -> tuple[Complaint, ...]:
        """Return the first complaints about a document of any size, which is never whole in memory."""
        ...


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A copy of a message that is ready to be written: its route, and the cut for its version if there is one."""

    route: Route
    whole: Payload
    cut: Cut | LargeCut | None

    def addressed(self, transaction: Transaction) -> mailbox.Addressed:
        """Return the copy for the mailbox, after storing its cut; raises StoreError."""
        payload = self.whole
        if self.cut is not None:
            payload = Payload(self.cut.store(transaction), self.cut.size, self.cut.element)
        return mailbox.Addressed(self.route.recipient, self.route.version.urn, self.route.version.channel, payload)

    def close(self) -> None:
        """Remove the cut's temporary file; a stored cut stays."""
        if self.cut is not None:
            self.cut.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """Checks a message and makes its copies. It writes no message.

    ``message_bytes`` is the size of the largest payload. The paths of transformations are relative to ``stylesheets``;
    each may take ``transformation_seconds`` of wall time.
    """

    catalogue: Schemas
    message_bytes: int
    validate_on_send: bool
    stylesheets: Path
    transformation_seconds: float = DEFAULT_SECONDS

    def prepare(
        self,
        transaction: Transaction,
        directory: Directory,
        caller: Caller,
        request: SendRequest,
        examined: Examined | None = None,
    ) -> tuple[Outgoing, ...]:
        """Return the copies of a message; raises Refused when it may not be sent, StorageFull without room."""
        version = directory.version(request.version)
        all_routes = routes(directory, caller, version, request)
        self._check_size(request.payload)
        _check_related(transaction, caller, version, request)
        business = request.message_class is MessageClass.BUSINESS
        self._validate(transaction, version, request.payload, business=business, examined=examined)
        if not any(business and route.version.transformation is not None for route in all_routes):
            return tuple(Outgoing(route, request.payload, None) for route in all_routes)
        return self._cut(transaction, all_routes, request.payload)

    def examine(self, version: ChannelVersion, payload: Payload, pieces: Pieces, *, business: bool) -> Examined | None:
        """Validate a large payload under its version's schema; None when the payload is small or is not validated.

        ``pieces`` gives the payload's bytes. Call it outside of any transaction.
        """
        if not self.validate_on_send or payload.size <= LARGE_BYTES:
            return None
        schema, element = _schema(version, business=business)
        return Examined(payload.reference, schema, element, self._verdict(schema, element, payload, pieces))

    def _cut(self, transaction: Transaction, all_routes: tuple[Route, ...], whole: Payload) -> tuple[Outgoing, ...]:
        cuts = self._cuts(transaction, [route.version for route in all_routes], whole)
        try:
            for route in all_routes:
                if (cut := cuts.get(route.version.urn)) is not None:
                    self._validate_cut(route.version, cut)
        except BaseException:
            for cut in cuts.values():
                cut.close()
            raise
        return tuple(
            Outgoing(route, whole, cuts.get(route.version.urn))
            for route in all_routes
            if route.version.transformation is None or route.version.urn in cuts
        )

    def _cuts(
        self, transaction: Transaction, versions: Iterable[ChannelVersion], whole: Payload
    ) -> Mapping[str, Cut | LargeCut]:
        """Return the cuts by version URN; a large payload is cut slice by slice where the transformation allows it."""
        transformed = [version for version in versions if version.transformation is not None]
        sliced = [
            version
            for version in transformed
            if whole.size > LARGE_BYTES and version.transformation and version.transformation.repeated
        ]
        cuts: dict[str, Cut | LargeCut] = {}
        if sliced:
            payload = transaction.open_blob(whole.reference)
            seconds = self.transformation_seconds
            cuts.update(cut_in_slices(payload.pieces, sliced, self.stylesheets, transaction.incoming, seconds=seconds))
        transformed_whole = [version for version in transformed if version not in sliced]
        if transformed_whole:
            with transformer() as process:
                cutter = Cutter(
                    transaction.blob(whole.reference), self.stylesheets, process, self.transformation_seconds
                )
                for version in transformed_whole:
                    cut = None if version.transformation is None else cutter.cut(version, version.transformation)
                    if cut is not None:
                        cuts[version.urn] = cut
        return cuts

    def _check_size(self, payload: Payload) -> None:
        if payload.size > self.message_bytes:
            raise refuse(
                RefusalCode.TOO_LARGE,
                f"the payload has {payload.size} bytes; the limit is {self.message_bytes}",
                found=f"The payload has {payload.size} bytes.",
                expected=f"at most {self.message_bytes} bytes.",
                source=documented("section 2.4"),
                remedy="split the document into several messages.",
            )

    def _validate(
        self,
        transaction: Transaction,
        version: ChannelVersion,
        payload: Payload,
        *,
        business: bool,
        examined: Examined | None,
    ) -> None:
        if not self.validate_on_send:
            return
        schema, element = _schema(version, business=business)
        if examined is not None and (examined.reference, examined.schema, examined.element) == (
            payload.reference,
            schema,
            element,
        ):
            complaints = examined.complaints
        elif payload.size <= LARGE_BYTES:
            complaints = self.catalogue.validate(schema, transaction.blob(payload.reference), element=element)
        else:
            complaints = self._verdict(schema, element, payload, transaction.open_blob(payload.reference).pieces)
        if complaints:
            raise _invalid(version, schema, complaints, cut=False)

    def _verdict(self, schema: str, element: str | None, payload: Payload, pieces: Pieces) -> tuple[Complaint, ...]:
        complaints = self.catalogue.validate_stream(schema, pieces, root=payload.element, element=element)
        if complaints and payload.size <= MAX_EXPLAINED_BYTES:
            return self.catalogue.validate(schema, b"".join(pieces()), element=element) or complaints
        return complaints

    def _validate_cut(self, version: ChannelVersion, cut: Cut | LargeCut) -> None:
        if not self.validate_on_send:
            return
        if isinstance(cut, Cut):
            complaints = self.catalogue.validate(version.schema, cut.data, element=version.element)
        else:
            complaints = self.catalogue.validate_stream(
                version.schema, cut.pieces, root=cut.element, element=version.element
            )
        if complaints:
            raise _invalid(version, version.schema, complaints, cut=True)


def _schema(version: ChannelVersion, *, business: bool) -> tuple[str, str | None]:
    return (version.schema, version.element) if business else (version.error_schema, None)


def _invalid(version: ChannelVersion, schema: str, complaints: tuple[Complaint, ...], *, cut: bool) -> Refused:
    first = complaints[0]
    place = f"line {first.line}, {first.path}" if first.line else first.path
    more = f" (and {len(complaints) - 1} more)" if len(complaints) > 1 else ""
    what = f"the cut of the payload for {version.urn}" if cut else "the payload"
    return refuse(
        RefusalCode.INVALID_PAYLOAD,
        f"{what} is not valid under {schema}: {place}: {first.found}{more}",
        found=f"{what[0].upper()}{what[1:]} breaks schema {schema} in {len(complaints)} place(s); "
        f"the first at {place}: {first.found}. Expected there: {first.expected.rstrip('.')}.",
        expected=f"a document that is valid under the schema of channel version {version.urn}.",
        source=NO_SOURCE,
        remedy="correct all places in the complaints, check the document with `aldis validate`, and send it again.",
        complaints=complaints,
    )


def _check_related(transaction: Transaction, caller: Caller, version: ChannelVersion, request: SendRequest) -> None:
    if request.message_class is MessageClass.BUSINESS:
        return
    identifier = request.related_message
    related = mailbox.related(transaction, identifier) if identifier else None
    if related is None or caller.authority not in related.parties:
        raise _unknown_related(caller, identifier, exists=related is not None)
    if related.channel != version.channel:
        raise refuse(
            RefusalCode.UNKNOWN_MESSAGE,
            f"message {identifier} was not sent on the channel of {version.urn}",
            found=f"The event on {version.urn} is about message {identifier} of channel {related.channel}.",
            expected="an event on the channel of the message that it is about.",
            source=documented("errors about a message"),
            remedy="send the event on a version of that channel.",
        )


def _unknown_related(caller: Caller, identifier: str | None, *, exists: bool) -> Refused:
    if not identifier:
        what = "no message"
    elif exists:
        what = f"message {identifier}, which authority {caller.authority} neither sent nor received"
    else:
        what = f"message {identifier}, which does not exist in DIT"
    return refuse(
        RefusalCode.UNKNOWN_MESSAGE,
        f"RelatedMessageID {identifier or '(none)'} names no message of authority {caller.authority}",
        found=f"The event is about {what}.",
        expected="RelatedMessageID with the MessageID of a message that the caller received (or sent).",
        source=documented("errors about a message"),
        remedy="take the MessageID from the message that the event is about.",
    )
