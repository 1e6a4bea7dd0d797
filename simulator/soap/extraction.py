"""Extraction of the payload from a request's bytes: the rest of the package handles a small envelope and a reference.

No tree is built for the payload. Expat reads the request, with our handlers up to the payload's start tag and without
them from there on. The payload's end is then searched for from the request's end, and the result is checked: the
payload must be one well-formed document, and the rest one well-formed envelope. A well-formed element that begins at
the start tag that the parser saw can end in one place only.

A small request is extracted in memory (:func:`extract_payload`), a large one from a file into a file
(:func:`extract_payload_from_file`).
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn
from xml.parsers import expat

from lxml import etree

from simulator.dit.refusals import Refused
from simulator.documents.parsing import MAXIMUM_DEPTH, TooDeep, bounded_parser, clark
from simulator.soap.body import FileSlice
from simulator.soap.contract import DIT, PAYLOAD_PARENTS, SVC
from simulator.soap.refusals import EnvelopeCode, SoapVersion, refuse
from simulator.store import Incoming, Transaction

MAX_ENVELOPE_BYTES = 1024 * 1024  # assumed: on either side of a large payload

REFERENCE = "urn:aldis-conformance:payload"
"""Namespace of the element that replaces the payload in the envelope."""

_PLACEHOLDER = b'<Payload xmlns="' + REFERENCE.encode() + b'"/>'
_ENVELOPES = frozenset(f"{soap_version.namespace} Envelope" for soap_version in SoapVersion)
_BODIES = frozenset(f"{soap_version.namespace} Body" for soap_version in SoapVersion)
_PATHS = frozenset((f"{SVC} SendMessage", f"{DIT} MessageSave2", f"{DIT} {parent}") for parent in PAYLOAD_PARENTS)
_MESSAGE_ID = f"{DIT} MessageID"
_NAME = re.compile(rb"<([^\s/>]+)")
_NAME_CHARACTER = re.compile(rb"[\w.\-\x80-\xff]")
_MAX_PREFIX_SCANS = 1000  # occurrences of a prefix that are looked at, before it counts as used
_MAX_END_TAGS = 16  # end tags of the payload's name, from the request's end, that are tried as its own
_START_TAG = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*>""")


@dataclass(frozen=True, slots=True)
class SmallPayload:
    """A payload in memory, as a document of its own.

    ``data`` is UTF-8; ``element`` is the Clark name of the root; ``line`` is the line of the request at which the
    payload began.
    """

    data: bytes
    element: str
    line: int

    @property
    def size(self) -> int:
        """Length of the payload in bytes."""
        return len(self.data)

    def store(self, transaction: Transaction) -> str:
        """Write the payload to the blob store in this transaction and return its reference."""
        return transaction.put_blob(self.data)


@dataclass(frozen=True, slots=True)
class LargePayload:
    """A payload that was written to a temporary file. It has not been parsed yet, so it may not be well-formed.

    ``element`` and ``line`` are those of :class:`SmallPayload`.
    """

    incoming: Incoming
    element: str
    line: int

    @property
    def size(self) -> int:
        """Length of the payload in bytes."""
        return self.incoming.size

    def pieces(self) -> Iterator[bytes]:
        """Read the payload from its start, a piece at a time; raises StoreError."""
        return self.incoming.pieces()

    def store(self, transaction: Transaction) -> str:
        """Move the file to the blob store in this transaction and return its reference."""
        return transaction.adopt(self.incoming)


@dataclass(frozen=True, slots=True)
class ExtractedRequest:
    """A request without its payload; ``lines`` is the number of line ends that were removed with the payload."""

    envelope: bytes
    payload: SmallPayload | LargePayload | None
    lines: int = 0

    def line_in_request(self, line: int) -> int:
        """Convert a line number of ``envelope`` to the line number in the request as it was received."""
        return line + self.lines if self.payload is not None and line > self.payload.line else line


def extract_payload(data: bytes) -> ExtractedRequest:
    """Extract the payload of a SendMessage request in memory; any other request is returned unchanged.

    ``data`` is UTF-8 without a byte order mark. Raises Refused for a request that is empty, is not well-formed, has a
    DTD, or nests deeper than :data:`MAXIMUM_DEPTH`.
    """
    if not data.strip():
        raise refuse(
            EnvelopeCode.NOT_SOAP,
            latvian="Pieprasījums ir tukšs; gaidīta SOAP aploksne.",
            text="The request is empty; a SOAP envelope was expected.",
        )
    scanner = _EnvelopeScanner()
    scanner.scan((data,))
    if scanner.start is None:
        return ExtractedRequest(data, None)
    start, head = scanner.start, data[: scanner.start]
    tag, name = _start_tag(data, start)
    end = _find_end_from_tail(FileSlice.whole(io.BytesIO(data)), head, tag, name[1])
    if end is None:
        end = _find_end_by_parsing(data, start)
    document = _standalone(data[start:end], scanner.scope)
    if not _well_formed(document):
        end = _find_end_by_parsing(data, start)
        document = _standalone(data[start:end], scanner.scope)
    envelope = b"".join((head, _PLACEHOLDER, data[end:]))
    payload = SmallPayload(document, clark(scanner.element), scanner.line)
    return ExtractedRequest(envelope, payload, data.count(b"\n", start, end))


def extract_payload_from_file(
    file_slice: FileSlice, incoming: Callable[[], Incoming], *, exact: bool = False
) -> ExtractedRequest:
    """Extract the payload of a large request in a file to another file, which ``incoming`` opens.

    ``file_slice`` is UTF-8 without a byte order mark. The payload's end is searched for from the request's end. The
    caller must check that the payload is one well-formed document (validation does so). If it is not, call again with
    ``exact``: the end is then found by parsing the payload. Raises Refused when the envelope is not well-formed, has a
    DTD, or is larger than :data:`MAX_ENVELOPE_BYTES` on either side of the payload; StoreError.
    """
    scanner = _EnvelopeScanner()
    scanner.scan_head(file_slice.pieces())
    if scanner.start is None:
        raise _envelope_too_large()
    head = file_slice.read(0, scanner.start + MAX_ENVELOPE_BYTES)
    tag = _START_TAG.match(head, scanner.start)
    name = _NAME.match(head, scanner.start)
    if tag is None or name is None:
        raise _envelope_too_large()
    end = None if exact else _find_end_from_tail(file_slice, head[: scanner.start], tag, name[1])
    if end is None:
        end = _find_end_by_parsing_file(file_slice, scanner.start, scanner.line)
    if file_slice.size - end > MAX_ENVELOPE_BYTES:
        raise _envelope_too_large()
    declarations = _missing_declarations(scanner.scope, tag[0], file_slice.part(scanner.start, end).pieces())
    payload_file = incoming()
    try:
        payload_file.write(name[0] + declarations)
        lines = 0
        for piece in file_slice.part(name.end(), end).pieces():
            payload_file.write(piece)
            lines += piece.count(b"\n")
        payload_file.finish()
    except BaseException:
        payload_file.close()
        raise
    envelope = b"".join((head[: scanner.start], _PLACEHOLDER, file_slice.read(end, file_slice.size)))
    return ExtractedRequest(envelope, LargePayload(payload_file, clark(scanner.element), scanner.line), lines)


class _EnvelopeScanner:
    """Reads a request up to the payload's start tag, with the namespaces in scope; the rest is only parsed.

    ``start`` is the position of the start tag in bytes, None while no payload was seen; ``element`` and ``scope`` are
    the payload's expanded name and the namespaces in scope, by prefix.
    """

    def __init__(self) -> None:
        self.start: int | None = None
        self.element = ""
        self.line = 0
        self.scope: dict[str, str] = {}
        self._path: list[str] = []
        self._declared: list[tuple[str, str | None]] = []
        self._shadowed: list[tuple[str, str | None]] = []
        self._namespaces: dict[str, str | None] = {}

    def scan(self, pieces: Iterable[bytes]) -> None:
        """Parse the whole request; raises Refused."""
        self._read(pieces, enough=lambda _: False)

    def scan_head(self, pieces: Iterable[bytes]) -> None:
        """Parse up to the payload's start tag, or up to MAX_ENVELOPE_BYTES without one; raises Refused."""
        self._read(pieces, enough=lambda count: self.start is not None or count > MAX_ENVELOPE_BYTES)

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
                    # Expat would read it as UTF-16, in spite of the encoding given to it.
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
        # Empty when expat stops in the middle of a start tag; an error follows then.
        if self._shadowed:
            prefix, shadowed_uri = self._shadowed.pop()
            self._namespaces[prefix] = shadowed_uri

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


def _find_end_from_tail(file_slice: FileSlice, head: bytes, tag: re.Match[bytes], name: bytes) -> int | None:
    """Return the position after the last end tag of the payload's name that leaves a well-formed envelope.

    None when none of the last :data:`_MAX_END_TAGS` does.
    """
    if tag[0].endswith(b"/>"):
        return tag.end()
    floor = max(tag.end(), file_slice.size - MAX_ENVELOPE_BYTES)
    tail = file_slice.read(floor, file_slice.size)
    closing = re.compile(rb"</" + re.escape(name) + rb"\s*>")
    for end_tag in reversed(list(closing.finditer(tail))[-_MAX_END_TAGS:]):
        rest = tail[end_tag.end() :]
        # An end tag inside a comment or an instruction is followed by the end of that.
        if rest.lstrip().startswith(b"<") and _well_formed(head + _PLACEHOLDER + rest):
            return floor + end_tag.end()
    return None


def _find_end_by_parsing_file(file_slice: FileSlice, start: int, line: int) -> int:
    """Return the position of the first markup after the payload that ends the parser's document.

    Comments after the payload are allowed in a document, so they are counted as part of the payload.
    """
    parser = bounded_parser()
    try:
        for piece in file_slice.pieces(start):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except TooDeep as error:
        raise _too_deep(line + error.line - 1) from None
    except expat.ExpatError:
        end = start + parser.ErrorByteIndex
        before = file_slice.read(end - MAX_ENVELOPE_BYTES, end)
        # For an end tag, expat reports the position of the slash.
        payload_tail = before[:-1] if before.endswith(b"<") and file_slice.read(end, end + 1) == b"/" else before
        return end - (len(before) - len(payload_tail.rstrip()))
    return file_slice.size


def _find_end_by_parsing(data: bytes, start: int) -> int:
    """Return the payload's end by counting its tags: slow, but correct for every well-formed request."""
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


def _start_tag(data: bytes, start: int = 0) -> tuple[re.Match[bytes], re.Match[bytes]]:
    """Return the start tag at a position at which the parser saw one, and its name (group 1)."""
    tag, name = _START_TAG.match(data, start), _NAME.match(data, start)
    if tag is None or name is None:
        raise AssertionError("the parser saw a start tag here")
    return tag, name


def _standalone(element: bytes, scope: dict[str, str]) -> bytes:
    """Return the element as a document of its own, with the namespace declarations of ``scope`` that it may need."""
    tag, name = _start_tag(element)
    return element[: name.end()] + _missing_declarations(scope, tag[0], (element,)) + element[name.end() :]


def _missing_declarations(scope: dict[str, str], tag: bytes, pieces: Iterable[bytes]) -> bytes:
    """Return the declarations of ``scope`` that an element may need and its start tag does not have, in one pass.

    ``pieces`` are the element's bytes. The default namespace is always needed; a prefix is when it may be mentioned.
    """
    missing = {prefix for prefix in scope if not _declares(tag, prefix)}
    unmentioned = {prefix for prefix in missing if prefix}
    overlap_bytes = max(map(len, unmentioned), default=0) + 2
    overlap = b""
    for piece in pieces:
        if not unmentioned:
            break
        data = overlap + piece
        unmentioned -= {prefix for prefix in unmentioned if _mentions(data, prefix)}
        overlap = data[-overlap_bytes:]
    needed = [(prefix, uri) for prefix, uri in scope.items() if prefix in missing - unmentioned]
    return b"".join(
        (f" xmlns:{prefix}" if prefix else " xmlns").encode() + b'="' + _attribute(uri) + b'"' for prefix, uri in needed
    )


def _mentions(element: bytes, prefix: str) -> bool:
    """Return True when a prefix may occur in names, values or text; an unused declaration is harmless."""
    wanted = prefix.encode() + b":"
    position = -1
    for _ in range(_MAX_PREFIX_SCANS):
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


class _DiscardingTarget:
    """A parser target that builds nothing."""

    def close(self) -> None:
        """Return nothing."""


def _well_formed(document: bytes) -> bool:
    """Return True for one XML document that is not too deep."""
    options = {"resolve_entities": False, "load_dtd": False, "no_network": True, "encoding": "utf-8"}
    parser = etree.XMLParser(target=_DiscardingTarget(), **options)  # type: ignore[call-overload]  # close() alone is enough
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
        expected="an envelope without a DOCTYPE: SOAP forbids it, and so all entities that a document declares itself "
        "(W3C, SOAP 1.2 part 1, 5)",
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
        latvian=f"Aploksne ap ziņojumu ir par lielu: atļauti ne vairāk kā {MAX_ENVELOPE_BYTES} baiti pirms tā "
        "un aiz tā.",
        text=f"The envelope is too large: no more than {MAX_ENVELOPE_BYTES} bytes before the payload and behind it.",
        found=f"the request is large, but no payload begins within its first {MAX_ENVELOPE_BYTES} bytes, or more "
        f"than {MAX_ENVELOPE_BYTES} bytes follow it (assumed limits): only the one document inside a SendMessage "
        "may be large",
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
