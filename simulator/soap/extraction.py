"""Cuts the payload out of a request's bytes, so that everything behind handles a small envelope and a reference.

Nothing is built in memory for the payload: expat reads the whole request once, up to the payload's start tag with our
handlers and from there on without; the payload's end is then looked for from the request's end. That the cut is right
is not assumed but shown: what was cut out must be one well-formed document and what is left one well-formed envelope. A
well-formed element that begins where the parser saw the payload begin can end in one place only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn
from xml.parsers import expat

from lxml import etree

from simulator.dit.refusals import Refused
from simulator.documents.parsing import MAXIMUM_DEPTH, TooDeep, bounded_parser, clark
from simulator.soap.body import Window
from simulator.soap.contract import DIT, PAYLOAD_PARENTS, SVC
from simulator.soap.refusals import EnvelopeCode, SoapVersion, refuse
from simulator.store import Incoming, Transaction

AROUND = 1024 * 1024
"""Bytes that the envelope may have before the payload of a large request, and behind it (assumed)."""

REFERENCE = "urn:aldis-conformance:payload"
"""Namespace of the element that stands in the payload's place."""

_PLACEHOLDER = b'<Payload xmlns="' + REFERENCE.encode() + b'"/>'
_ENVELOPES = frozenset(f"{soap_version.namespace} Envelope" for soap_version in SoapVersion)
_BODIES = frozenset(f"{soap_version.namespace} Body" for soap_version in SoapVersion)
_PATHS = frozenset((f"{SVC} SendMessage", f"{DIT} MessageSave2", f"{DIT} {parent}") for parent in PAYLOAD_PARENTS)
_MESSAGE_ID = f"{DIT} MessageID"
_NAME = re.compile(rb"<([^\s/>]+)")
_NAME_CHARACTER = re.compile(rb"[\w.\-\x80-\xff]")
_LOOKS = 1000
_GUESSES = 16
_START_TAG = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*>""")


@dataclass(frozen=True, slots=True)
class LiftedPayload:
    """The payload as a document of its own: its bytes (UTF-8), the Clark name of its root, the line where it stood."""

    data: bytes
    element: str
    line: int

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data)

    def keep(self, transaction: Transaction) -> str:
        """Put the bytes into the store; returns the blob's reference."""
        return transaction.put_blob(self.data)


@dataclass(frozen=True, slots=True)
class LargePayload:
    """A payload that was written to a temporary file. It has not been parsed yet, so it may not be well-formed."""

    incoming: Incoming
    element: str
    line: int

    @property
    def size(self) -> int:
        """Bytes."""
        return self.incoming.size

    def pieces(self) -> Iterator[bytes]:
        """The bytes from the start."""
        return self.incoming.pieces()

    def keep(self, transaction: Transaction) -> str:
        """Put the file into the store; returns the blob's reference."""
        return transaction.adopt(self.incoming)


@dataclass(frozen=True, slots=True)
class Lifted:
    """A request without its payload. ``lines`` is how many line ends went with the payload."""

    envelope: bytes
    payload: LiftedPayload | LargePayload | None
    lines: int = 0

    def line_in_request(self, line: int) -> int:
        """The line of the request that a line of the envelope was."""
        return line + self.lines if self.payload is not None and line > self.payload.line else line


def lift(data: bytes) -> Lifted:
    """Take the payload out of a SendMessage request; any other request comes back as it is.

    ``data`` is UTF-8 without a byte order mark. Raises Refused for what is not well-formed, has a DTD, or nests
    deeper than :data:`MAXIMUM_DEPTH`.
    """
    scan = _Scan()
    scan.run(data)
    if scan.start is None:
        return Lifted(data, None)
    end = _end_from_behind(data, scan.start)
    document = _standalone(data[scan.start : end], scan.scope)
    if not _well_formed(document):
        end = _end_by_walking(data, scan.start)
        document = _standalone(data[scan.start : end], scan.scope)
    envelope = b"".join((data[: scan.start], _PLACEHOLDER, data[end:]))
    payload = LiftedPayload(document, clark(scan.element), scan.line)
    return Lifted(envelope, payload, data.count(b"\n", scan.start, end))


def lift_window(window: Window, incoming: Callable[[], Incoming], *, exact: bool = False) -> Lifted:
    """Extract the payload of a large request in a file into a file beside the store (``incoming`` begins one).

    The payload's end is guessed from behind. Whoever carries out the call has to see that the payload is one
    well-formed document (validating it shows that); if it is not, ``exact`` finds the end by reading all of it, as far
    as that can be told. Raises Refused.
    """
    scan = _Scan()
    scan.run_head(window.pieces())
    if scan.start is None:
        raise _envelope_too_large()
    head = window.read(0, scan.start + AROUND)
    tag = _START_TAG.match(head, scan.start)
    name = _NAME.match(head, scan.start)
    if tag is None or name is None:
        raise _envelope_too_large()
    end = None if exact else _guessed_end(window, head[: scan.start], tag, name[1])
    if end is None:
        end = _exact_end(window, scan.start, scan.line)
    if window.size - end > AROUND:
        raise _envelope_too_large()
    needed = _needed(scan.scope, tag[0], window.part(scan.start, end))
    start = name[0] + _declarations(needed)
    kept = incoming()
    try:
        kept.write(start)
        lines = 0
        for piece in window.part(name.end(), end).pieces():
            kept.write(piece)
            lines += piece.count(b"\n")
        kept.finish()
    except BaseException:
        kept.close()
        raise
    envelope = b"".join((head[: scan.start], _PLACEHOLDER, window.read(end, window.size)))
    return Lifted(envelope, LargePayload(kept, clark(scan.element), scan.line), lines)


class _Scan:
    """Reads a request as far as the payload's start tag, keeping the namespaces in scope; then only checks."""

    def __init__(self) -> None:
        self.start: int | None = None
        self.element = ""
        self.line = 0
        self.scope: dict[str, str] = {}
        self._path: list[str] = []
        self._declared: list[tuple[str, str | None]] = []
        self._shadowed: list[tuple[str, str | None]] = []
        self._namespaces: dict[str, str | None] = {}

    def run(self, data: bytes) -> None:
        """Read all of a request."""
        self._read((data,), enough=lambda _: False)

    def run_head(self, pieces: Iterable[bytes]) -> None:
        """Read as far as the payload's start tag, or until that is too far away."""
        self._read(pieces, enough=lambda count: self.start is not None or count > AROUND)

    def _read(self, pieces: Iterable[bytes], *, enough: Callable[[int], bool]) -> None:
        parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
        self._parser = parser
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.ProcessingInstructionHandler = self._refuse_instruction
        parser.StartNamespaceDeclHandler = self._declare
        parser.EndNamespaceDeclHandler = self._end_declaration
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close
        count = 0
        try:
            for piece in pieces:
                if not count and 0 in piece[:4]:
                    # Expat would take it for UTF-16, whatever it was told.
                    raise _malformed("a null character, which XML does not know", 1, 0)
                parser.Parse(piece, False)
                count += len(piece)
                if enough(count):
                    return
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise _malformed(expat.ErrorString(error.code), error.lineno, error.offset) from None

    def _declare(self, prefix: str | None, uri: str | None) -> None:
        self._declared.append((prefix or "", uri))

    def _end_declaration(self, _prefix: str | None) -> None:
        # None where expat gives up in the middle of a start tag: it is an error then, and the last that is heard of it.
        if self._shadowed:
            name, before = self._shadowed.pop()
            self._namespaces[name] = before

    def _open(self, name: str, _attributes: dict[str, str]) -> None:
        if self._is_payload(name):
            self.start = self._parser.CurrentByteIndex
            self.line = self._parser.CurrentLineNumber
            self.element = name
            self.scope = {prefix: uri for prefix, uri in self._namespaces.items() if uri}
            self._parser.StartElementHandler = self._parser.EndElementHandler = None
            self._parser.StartNamespaceDeclHandler = self._parser.EndNamespaceDeclHandler = None
            self._parser.ProcessingInstructionHandler = None
            return
        if len(self._path) == MAXIMUM_DEPTH:
            raise _too_deep(self._parser.CurrentLineNumber)
        for prefix, uri in self._declared:
            self._shadowed.append((prefix, self._namespaces.get(prefix)))
            self._namespaces[prefix] = uri
        self._declared.clear()
        self._path.append(name)

    def _close(self, _name: str) -> None:
        self._path.pop()

    def _refuse_instruction(self, target: str, _data: str) -> NoReturn:
        line = self._parser.CurrentLineNumber
        raise refuse(
            EnvelopeCode.PROCESSING_INSTRUCTION,
            latvian=f"SOAP aploksnē nedrīkst būt apstrādes instrukciju ({line}. rinda).",
            text=f"An envelope must not have processing instructions (line {line}).",
            found=f"line {line} has the processing instruction {target!r}, which SOAP forbids outside of the payload",
        )

    def _is_payload(self, name: str) -> bool:
        path = self._path
        return (
            len(path) == 5
            and path[0] in _ENVELOPES
            and path[1] in _BODIES
            and tuple(path[2:]) in _PATHS
            and name != _MESSAGE_ID
        )


def _end_from_behind(data: bytes, start: int) -> int:
    """Find the payload's most likely end: behind the last end tag of its name."""
    tag = _START_TAG.match(data, start)
    name = _NAME.match(data, start)
    if tag is None or name is None:
        return _end_by_walking(data, start)
    if tag[0].endswith(b"/>"):
        return tag.end()
    position = len(data)
    closing = re.compile(rb"</" + re.escape(name[1]) + rb"\s*>")
    while (position := data.rfind(b"</" + name[1], tag.end(), position)) >= 0:
        found = closing.match(data, position)
        if found:
            return found.end()
    return _end_by_walking(data, start)


def _guessed_end(window: Window, head: bytes, tag: re.Match[bytes], name: bytes) -> int | None:
    """Behind the last end tag of the payload's name that leaves a well-formed envelope; None when there is none."""
    if tag[0].endswith(b"/>"):
        return tag.end()
    floor = max(tag.end(), window.size - AROUND)
    tail = window.read(floor, window.size)
    closing = re.compile(rb"</" + re.escape(name) + rb"\s*>")
    for found in reversed(list(closing.finditer(tail))[-_GUESSES:]):
        behind = tail[found.end() :]
        # An end tag inside a comment or an instruction has its end behind it.
        if behind.lstrip().startswith(b"<") and _well_formed(head + _PLACEHOLDER + behind):
            return floor + found.end()
    return None


def _exact_end(window: Window, start: int, line: int) -> int:
    """Find the position at which a parser meets the first thing behind the payload; comments there are skipped."""
    parser = bounded_parser()
    try:
        for piece in window.pieces(start):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except TooDeep as error:
        raise _too_deep(line + error.line - 1) from None
    except expat.ExpatError:
        end = start + parser.ErrorByteIndex
        before = window.read(end - AROUND, end)
        # Of an end tag it is the slash that cannot stand there.
        kept = before[:-1] if before.endswith(b"<") and window.read(end, end + 1) == b"/" else before
        return end - (len(before) - len(kept.rstrip()))
    return window.size


def _end_by_walking(data: bytes, start: int) -> int:
    """Find the payload's end by counting its tags: slow, but correct for every well-formed request."""
    parser = expat.ParserCreate(encoding="utf-8")
    depth = end = 0

    def opened(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth
        inside = depth > 0 or parser.CurrentByteIndex == start
        depth += inside
        if depth > MAXIMUM_DEPTH:
            raise _too_deep(parser.CurrentLineNumber)

    def closed(_name: str) -> None:
        nonlocal depth, end
        if depth:
            depth -= 1
            if not depth:
                end = data.index(b">", parser.CurrentByteIndex) + 1

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.Parse(data, True)
    return end


def _standalone(element: bytes, scope: dict[str, str]) -> bytes:
    """The element with those declarations of its surroundings that it may need to stand alone."""
    name = _NAME.match(element)
    tag = _START_TAG.match(element)
    if name is None or tag is None:
        raise AssertionError("the parser saw a start tag here")
    needed = [
        (prefix, uri)
        for prefix, uri in scope.items()
        if not _declares(tag[0], prefix) and (not prefix or _mentions(element, prefix))
    ]
    return element[: name.end()] + _declarations(needed) + element[name.end() :]


def _declarations(needed: Iterable[tuple[str, str]]) -> bytes:
    return b"".join(
        (f" xmlns:{prefix}" if prefix else " xmlns").encode() + b'="' + _attribute(uri) + b'"' for prefix, uri in needed
    )


def _needed(scope: dict[str, str], tag: bytes, element: Window) -> list[tuple[str, str]]:
    """Find the end for an element in a file, in one pass."""
    missing = {prefix for prefix in scope if not _declares(tag, prefix)}
    unseen = {prefix for prefix in missing if prefix}
    longest = max(map(len, unseen), default=0) + 2
    kept = b""
    for piece in element.pieces():
        if not unseen:
            break
        data = kept + piece
        unseen -= {prefix for prefix in unseen if _mentions(data, prefix)}
        kept = data[-longest:]
    return [(prefix, uri) for prefix, uri in scope.items() if prefix in missing - unseen]


def _mentions(element: bytes, prefix: str) -> bool:
    """Return True when a prefix may occur in names, values or text; an unused declaration does no harm."""
    wanted = prefix.encode() + b":"
    position = -1
    for _ in range(_LOOKS):
        position = element.find(wanted, position + 1)
        if position < 0:
            return False
        if not _NAME_CHARACTER.match(element, position - 1):
            return True
    return True


def _declares(tag: bytes, prefix: str) -> bool:
    attribute = f"xmlns:{prefix}" if prefix else "xmlns"
    return re.search(rb"\s" + re.escape(attribute.encode()) + rb"\s*=", _without_values(tag)) is not None


def _without_values(tag: bytes) -> bytes:
    return re.sub(rb""""[^"]*"|'[^']*'""", b'""', tag)


def _attribute(value: str) -> bytes:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").encode()


class _Nothing:
    """A parser target that keeps nothing."""

    def close(self) -> None:
        """There is nothing to give."""


def _well_formed(document: bytes) -> bool:
    """Return True for one XML document that is not too deep."""
    options = {"resolve_entities": False, "load_dtd": False, "no_network": True, "encoding": "utf-8"}
    parser = etree.XMLParser(target=_Nothing(), **options)  # type: ignore[call-overload]  # close() alone is enough
    try:
        etree.fromstring(document, parser)
    except etree.XMLSyntaxError:
        return False
    return True


def _refuse_doctype(*_: object) -> NoReturn:
    raise refuse(
        EnvelopeCode.DOCTYPE,
        latvian="Pieprasījumā nedrīkst būt dokumenta tipa deklarācijas (DOCTYPE).",
        text="A request must not have a document type declaration (DOCTYPE).",
        found="the request has a DOCTYPE",
        expected="an envelope without one, for SOAP forbids it, and with it all entities of one's own (W3C, SOAP 1.2 "
        "part 1, 5)",
        remedy="write the values themselves in place of the entities",
    )


def _malformed(what: str, line: int, column: int) -> Refused:
    return refuse(
        EnvelopeCode.MALFORMED,
        latvian=f"Pieprasījums nav labi formēts XML: {line}. rinda, {column + 1}. sleja.",
        text=f"The request is not well-formed XML: {what}, line {line}, column {column + 1}.",
        found=f"the request is not well-formed XML: {what}, line {line}, column {column + 1}",
        expected="XML 1.0 in UTF-8",
        remedy="have an XML library write the request, and see that its bytes are in the encoding that it names",
    )


def _envelope_too_large() -> Refused:
    return refuse(
        EnvelopeCode.TOO_LARGE,
        latvian=f"Aploksne ap ziņojumu ir par lielu: atļauti ne vairāk kā {AROUND} baiti pirms tā un aiz tā.",
        text=f"The envelope is too large: no more than {AROUND} bytes before the payload and behind it.",
        found=f"the request is large, but no payload begins within its first {AROUND} bytes, or more than {AROUND} "
        "bytes follow it (assumed limits): only the one document inside a SendMessage may be large",
        http_status=413,
    )


def _too_deep(line: int) -> Refused:
    return refuse(
        EnvelopeCode.TOO_DEEP,
        latvian=f"Pieprasījuma elementi ir ligzdoti dziļāk par {MAXIMUM_DEPTH} līmeņiem ({line}. rinda).",
        text=f"The request's elements nest deeper than {MAXIMUM_DEPTH} levels (line {line}).",
        found=f"the request's elements nest deeper than {MAXIMUM_DEPTH} levels, line {line}",
        expected=f"no more than {MAXIMUM_DEPTH} (assumed)",
        remedy="flatten the document, or look for a loop in what writes it",
    )
