"""Cuts the payload out of a request's bytes, so that everything behind handles a small envelope and a reference.

Nothing is built in memory for the payload: expat reads the whole request once, up to the payload's start tag with our
handlers and from there on without; the payload's end is then looked for from the request's end. That the cut is right
is not assumed but shown: what was cut out must be one well-formed document and what is left one well-formed envelope. A
well-formed element that begins where the parser saw the payload begin can end in one place only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn
from xml.parsers import expat

from lxml import etree

from simulator.soap.contract import DIT, PAYLOAD_PARENTS, SVC
from simulator.soap.refusals import EnvelopeRefusal, SoapRefusal, refuse
from simulator.soap.versions import SoapVersion

MAXIMUM_DEPTH = 256
"""Levels of elements that the envelope may have, and the payload (assumed; libxml2's own limit)."""

REFERENCE = "urn:aldis-conformance:payload"
"""Namespace of the element that stands in the payload's place."""

_ENVELOPES = frozenset(f"{each.namespace} Envelope" for each in SoapVersion)
_BODIES = frozenset(f"{each.namespace} Body" for each in SoapVersion)
_PATHS = frozenset((f"{SVC} SendMessage", f"{DIT} MessageSave2", f"{DIT} {parent}") for parent in PAYLOAD_PARENTS)
_MESSAGE_ID = f"{DIT} MessageID"
_NAME = re.compile(rb"<([^\s/>]+)")
_NAME_CHARACTER = re.compile(rb"[\w.\-\x80-\xff]")
_LOOKS = 1000
_START_TAG = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*>""")


@dataclass(frozen=True, slots=True)
class LiftedPayload:
    """The payload as a document of its own: its bytes (UTF-8), the Clark name of its root, the line where it stood."""

    data: bytes
    element: str
    line: int


@dataclass(frozen=True, slots=True)
class Lifted:
    """A request without its payload. ``lines`` is how many line ends went with the payload."""

    envelope: bytes
    payload: LiftedPayload | None
    lines: int = 0

    def line_in_request(self, line: int) -> int:
        """The line of the request that a line of the envelope was."""
        return line + self.lines if self.payload is not None and line > self.payload.line else line


def lift(data: bytes) -> Lifted:
    """Take the payload out of a SendMessage request; any other request comes back as it is.

    ``data`` is UTF-8 without a byte order mark. Raises SoapRefusal for what is not well-formed, has a DTD, or nests
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
    envelope = b"".join((data[: scan.start], b'<Payload xmlns="', REFERENCE.encode(), b'"/>', data[end:]))
    payload = LiftedPayload(document, _clark(scan.element), scan.line)
    return Lifted(envelope, payload, data.count(b"\n", scan.start, end))


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
        parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
        self._parser = parser
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.ProcessingInstructionHandler = self._refuse_instruction
        parser.StartNamespaceDeclHandler = self._declare
        parser.EndNamespaceDeclHandler = self._end_declaration
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close
        try:
            parser.Parse(data, True)
        except expat.ExpatError as error:
            raise _malformed(expat.ErrorString(error.code), error.lineno, error.offset) from None

    def _declare(self, prefix: str | None, uri: str | None) -> None:
        self._declared.append((prefix or "", uri))

    def _end_declaration(self, _prefix: str | None) -> None:
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
            EnvelopeRefusal.PROCESSING_INSTRUCTION,
            lv=f"SOAP aploksnē nedrīkst būt apstrādes instrukciju ({line}. rinda).",
            en=f"An envelope must not have processing instructions (line {line}).",
            cause=f"line {line} has the processing instruction {target!r}, which SOAP forbids outside of the payload",
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
    """Where the payload most likely ends: behind the last end tag of its name."""
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


def _end_by_walking(data: bytes, start: int) -> int:
    """Where the payload ends, by counting its tags: slow, and right for any request that is well-formed as a whole."""
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
    declarations = b"".join(
        (f" xmlns:{prefix}" if prefix else " xmlns").encode() + b'="' + _attribute(uri) + b'"' for prefix, uri in needed
    )
    return element[: name.end()] + declarations + element[name.end() :]


def _mentions(element: bytes, prefix: str) -> bool:
    """Whether a prefix may occur in names, values or text; to declare one too many does no harm."""
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
    """Whether it is one XML document by itself, and not too deep."""
    options = {"resolve_entities": False, "load_dtd": False, "no_network": True, "encoding": "utf-8"}
    parser = etree.XMLParser(target=_Nothing(), **options)  # type: ignore[call-overload]  # close() alone is enough
    try:
        etree.fromstring(document, parser)
    except etree.XMLSyntaxError:
        return False
    return True


def _clark(name: str) -> str:
    namespace, _, local = name.rpartition(" ")
    return f"{{{namespace}}}{local}" if namespace else local


def _refuse_doctype(*_: object) -> NoReturn:
    raise refuse(
        EnvelopeRefusal.DOCTYPE,
        lv="Pieprasījumā nedrīkst būt dokumenta tipa deklarācijas (DOCTYPE).",
        en="A request must not have a document type declaration (DOCTYPE).",
        cause="the request has a DOCTYPE; SOAP forbids it, and with it all entities of one's own",
    )


def _malformed(what: str, line: int, column: int) -> SoapRefusal:
    return refuse(
        EnvelopeRefusal.MALFORMED,
        lv=f"Pieprasījums nav labi formēts XML: {line}. rinda, {column + 1}. sleja.",
        en=f"The request is not well-formed XML: {what}, line {line}, column {column + 1}.",
    )


def _too_deep(line: int) -> SoapRefusal:
    return refuse(
        EnvelopeRefusal.TOO_DEEP,
        lv=f"Pieprasījuma elementi ir ligzdoti dziļāk par {MAXIMUM_DEPTH} līmeņiem ({line}. rinda).",
        en=f"The request's elements nest deeper than {MAXIMUM_DEPTH} levels (line {line}).",
    )
