"""Bytes to an XML tree, safely: UTF-8 only, no DTD, no entities, no network, bounded depth.

What a document says of itself at its start: the name of its document element, without reading the rest.

What is wrong with a document: where, what was found, what was expected and who says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from lxml import etree

from simulator.domain.provenance import Basis, Provenance


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing wrong with a document or a request.

    ``code`` is a short stable word (``schema`` for the schema's own verdicts, else the business rule's code); ``line``
    counts from 1 in the bytes that were checked (None when it cannot be known); ``path`` is an absolute XPath with
    positions; ``found`` and ``expected`` are sentences in English.
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

_DECLARATION = re.compile(rb"""<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._\-]+)["']""")
_OTHER_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


class ParsingError(Exception):
    """The bytes are not a document that may be read; ``complaint`` says why and where."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(f"line {complaint.line}: {complaint.found}; expected {complaint.expected}")
        self.complaint = complaint


SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "load_dtd": False,
    "no_network": True,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
"""How every parser of documents is set up."""


def safe_parser(*, encoding: str | None = None) -> etree.XMLParser[Element]:
    """A parser that reaches for nothing outside the bytes; comments and processing instructions are dropped.

    ``encoding`` counts for more than what a document says of itself.
    """
    parser: etree.XMLParser[Element] = etree.XMLParser(encoding=encoding, **SAFE)
    return parser


def parse(data: bytes) -> Tree:
    """Read a document; raises ParsingError for anything but well-formed UTF-8 XML without a DTD."""
    complaint = refusal(data)
    if complaint is not None:
        raise ParsingError(complaint)
    try:
        root = etree.fromstring(data, safe_parser())
    except etree.XMLSyntaxError as error:
        raise ParsingError(syntax_complaint(error)) from None
    return root.getroottree()


def syntax_complaint(error: etree.XMLSyntaxError) -> Complaint:
    """A parser's error as a complaint."""
    reason = (error.msg or "it cannot be parsed").strip()
    if "xcessive depth" in reason:
        return Complaint("depth", error.lineno, "/", "elements nested more than 256 deep", "at most 256 levels", XML)
    return Complaint("well-formed", error.lineno, "/", reason, "well-formed XML", XML)


def refusal(data: bytes) -> Complaint | None:
    """Why these bytes are refused before any parser sees them: empty, not UTF-8, or with a DTD."""
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
    """Where a DOCTYPE stands before the document element; a comment that only mentions one does not count."""
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


HEAD = 1024 * 1024
"""Bytes from the start that are looked at; the document element has to begin there (assumed)."""


class _FoundError(Exception):
    """The document element's name, thrown out of the parser."""


def document_element(head: bytes) -> tuple[str, Complaint | None]:
    """The Clark name of the document element that begins in ``head`` (UTF-8), or why none can be found there.

    Refuses what is not UTF-8 by its own word, and a DTD.
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
    """A name as expat gives it (namespace, blank, local name) in Clark's notation."""
    namespace, _, local = name.rpartition(" ")
    return f"{{{namespace}}}{local}" if namespace else local
