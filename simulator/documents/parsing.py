"""Safe parsing of XML: UTF-8 only, no DTD, no entities, no network, bounded depth.

``parse`` gives a tree, ``well_formed`` checks a document of any size without holding it in memory, and
``document_element`` reads a document's start only. A ``Complaint`` is one error in a document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from lxml import etree

from simulator.domain.provenance import Basis, Provenance


@dataclass(frozen=True, slots=True)
class Complaint:
    """One error in a document or a request.

    ``code`` is a short stable word: ``schema`` for errors by the schema, else the business rule's code. ``line``
    counts from 1 in the bytes that were checked, None when it is not known. ``path`` is an absolute XPath with
    positions; ``found`` and ``expected`` are English phrases; ``provenance`` says who requires it.
    """

    code: str
    line: int | None
    path: str
    found: str
    expected: str
    provenance: Provenance


Element = etree._Element  # noqa: SLF001  lxml has no public name for the type
Tree = etree._ElementTree  # noqa: SLF001

UTF8_ONLY = Provenance(Basis.DOCUMENTED, "VRAA, DIT integration instruction v1.09, section 2.4: files in UTF-8")
NO_DTD = Provenance(Basis.ASSUMED, "a DTD and its entities are refused, as WCF services do by default")
XML = Provenance(Basis.DOCUMENTED, "W3C, Extensible Markup Language (XML) 1.0")

Pieces = Callable[[], Iterable[bytes]]
"""Gives a document's bytes in pieces of any size, from the start, each time it is called."""

MAXIMUM_DEPTH = 256
"""Levels of elements that a document may have (assumed; libxml2's own limit for trees)."""

HEAD = 1024 * 1024
"""Bytes from the start of a document in which its document element must begin (assumed)."""

_DECLARATION = re.compile(rb"""<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._\-]+)["']""")
_OTHER_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


class ParsingError(Exception):
    """Raised for bytes that are no XML document, or one that is refused; ``complaint`` says why and where."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(f"line {complaint.line}: {complaint.found}; expected {complaint.expected}")
        self.complaint = complaint


SAFE_OPTIONS: dict[str, Any] = {
    "resolve_entities": False,
    "load_dtd": False,
    "no_network": True,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
"""Options of every lxml parser of documents."""


def safe_parser(*, encoding: str | None = None) -> etree.XMLParser[Element]:
    """Return a parser that reads nothing outside the given bytes, and drops comments and processing instructions.

    ``encoding`` overrides the encoding that the document declares.
    """
    parser: etree.XMLParser[Element] = etree.XMLParser(encoding=encoding, **SAFE_OPTIONS)
    return parser


def parse(data: bytes) -> Tree:
    """Parse a document; raises ParsingError unless it is well-formed XML in UTF-8 without a DTD."""
    complaint = refusal(data)
    if complaint is not None:
        raise ParsingError(complaint)
    try:
        root = etree.fromstring(data, safe_parser())
    except etree.XMLSyntaxError as error:
        raise ParsingError(syntax_complaint(error)) from None
    return root.getroottree()


def syntax_complaint(error: etree.XMLSyntaxError) -> Complaint:
    """Return lxml's syntax error as a complaint."""
    reason = (error.msg or "it cannot be parsed").strip()
    if "xcessive depth" in reason:
        return Complaint("depth", error.lineno, "/", "elements nested more than 256 deep", "at most 256 levels", XML)
    return Complaint("well-formed", error.lineno, "/", reason, "well-formed XML", XML)


def refusal(data: bytes) -> Complaint | None:
    """Return why bytes are refused before they are parsed: empty, not UTF-8, or with a DTD. None when they are not."""
    if not data.strip():
        return Complaint("well-formed", 1, "/", "an empty document", "an XML document", XML)
    if data.startswith(_OTHER_BOMS) or data[:4].count(0):
        return Complaint("encoding", 1, "/", "a document in UTF-16 or UTF-32", "UTF-8", UTF8_ONLY)
    declared = _DECLARATION.match(data.removeprefix(b"\xef\xbb\xbf"))
    if declared and declared[1].lower() not in {b"utf-8", b"utf8"}:
        return Complaint("encoding", 1, "/", f"a document declared as {declared[1].decode()}", "UTF-8", UTF8_ONLY)
    position = _doctype(data)
    if position is not None:
        line = data.count(b"\n", 0, position) + 1
        return Complaint("dtd", line, "/", "a document type declaration (DOCTYPE)", "no DTD and no entities", NO_DTD)
    return None


def _doctype(data: bytes) -> int | None:
    """Return the position of a DOCTYPE before the document element; one inside a comment does not count."""
    position = 0
    while (position := data.find(b"<", position)) >= 0:
        if data.startswith(b"<!--", position):
            end = data.find(b"-->", position + 4)
        elif data.startswith(b"<?", position):
            end = data.find(b"?>", position + 2)
        elif data.startswith(b"<!DOCTYPE", position):
            return position
        else:
            return None
        if end < 0:
            return None
        position = end
    return None


class TooDeep(Exception):
    """Raised for elements that nest deeper than :data:`MAXIMUM_DEPTH`, with the ``line`` where they do."""

    def __init__(self, line: int) -> None:
        super().__init__(f"elements nested more than {MAXIMUM_DEPTH} deep in line {line}")
        self.line = line


def bounded_parser() -> expat.XMLParserType:
    """Return an expat parser for UTF-8 that raises TooDeep for elements that nest too deep; it needs little memory."""
    parser = expat.ParserCreate(encoding="utf-8")
    depth = 0

    def opened(_name: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > MAXIMUM_DEPTH:
            raise TooDeep(parser.CurrentLineNumber)

    def closed(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    return parser


def well_formed(pieces: Pieces) -> Complaint | None:
    """Check that a document of any size is one well-formed element and not too deep; return the first error."""
    parser = bounded_parser()
    try:
        for piece in pieces():
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        found = f"{expat.ErrorString(error.code)}, column {error.offset + 1}"
        return Complaint("well-formed", error.lineno, "/", found, "well-formed XML", XML)
    except TooDeep as error:
        return Complaint("depth", error.line, "/", str(error), f"at most {MAXIMUM_DEPTH} levels", XML)
    return None


class _FoundError(Exception):
    """Raised from the parser with the name of the document element, to stop parsing there."""


def document_element(head: bytes) -> tuple[str, Complaint | None]:
    """Return the Clark name of the document element that begins in ``head``, or else a complaint.

    ``head`` is the start of a document, at most ``HEAD`` bytes. A DTD and a declared encoding other than UTF-8 are
    refused.
    """
    complaint = refusal(head)
    if complaint is not None:
        return "", complaint
    parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")

    def opened(name: str, _attributes: object) -> None:
        raise _FoundError(name)

    parser.StartElementHandler = opened
    try:
        parser.Parse(head, True)
    except _FoundError as found:
        return clark(str(found)), None
    except expat.ExpatError as error:
        return "", Complaint("well-formed", error.lineno, "/", expat.ErrorString(error.code), "well-formed XML", XML)
    raise AssertionError("expat wants an element")


def clark(name: str) -> str:
    """Return a name from expat (namespace, space, local name) in Clark's notation."""
    namespace, _, local = name.rpartition(" ")
    return f"{{{namespace}}}{local}" if namespace else local
