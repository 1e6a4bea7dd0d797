"""Large documents against their schema as they pass by: the verdict in one go, without the document in memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING
from xml.parsers import expat

from lxml import etree

from simulator.documents.complaints import Complaint
from simulator.documents.parsing import XML, Element, syntax_complaint

if TYPE_CHECKING:
    from simulator.documents.catalogue import Catalogue
    from simulator.documents.model import Provenance

Pieces = Callable[[], Iterable[bytes]]
"""Gives a document's bytes (UTF-8, any division) from the start, each time it is called."""

MAXIMUM_DEPTH = 256
"""Levels of elements that a document may have (assumed; libxml2's own limit for trees)."""

_MOST = 20
_WRAPPED = re.compile(r"""line \d+: b['"](.*)['"]""", re.DOTALL)
_ELEMENT = re.compile(r"Element '(?:\{[^}]*\})?([^']+)'")


class _Nothing:
    """A parser target that keeps nothing: no tree is built."""

    def close(self) -> None:
        """There is nothing to give."""


class TooDeep(Exception):
    """Elements nest deeper than :data:`MAXIMUM_DEPTH`; carries the line."""

    def __init__(self, line: int) -> None:
        super().__init__(f"elements nested more than {MAXIMUM_DEPTH} deep in line {line}")
        self.line = line


def bounded_parser() -> expat.XMLParserType:
    """An expat parser for UTF-8 whose memory stays small: it raises TooDeep where elements nest too deep."""
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
    """What is wrong with a document that is to be one well-formed element, and not too deep; None when nothing is."""
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


def validate_stream(
    catalogue: Catalogue, urn: str, pieces: Pieces, *, root: str | None = None, element: str | None = None
) -> tuple[Complaint, ...]:
    """What a schema says against a document of any size; nothing when it is valid.

    libxml2 reads and validates in one go, in C, as fast as ``xmllint --stream``. It does not say where: an invalid
    document is read a second time, line by line around the first errors. Only the first errors are told, without their
    paths. ``root`` is the Clark name of the document element, ``element`` the one that it must have; DTDs are the
    caller's to refuse. Raises CatalogueError.
    """
    schema = catalogue.compiled(urn)
    wanted = element or catalogue.root(urn)
    if wanted is not None and root is not None and root != wanted:
        provenance = catalogue.entry(urn).provenance
        return (Complaint("root", 1, "/", f"the document element {root}", wanted, provenance),)
    parser = _parser(schema)
    count = 0
    try:
        for count, piece in enumerate(pieces()):  # noqa: B007 - needed where the loop ends early
            parser.feed(piece)
            if len(parser.feed_error_log):
                break
        else:
            parser.close()
            return ()
    except etree.XMLSyntaxError as error:
        if not any(each.domain_name == "SCHEMASV" for each in parser.feed_error_log):
            return (_syntax(error),)
    return _located(schema, pieces, count, catalogue.entry(urn).provenance)


def _located(schema: etree.XMLSchema, pieces: Pieces, suspect: int, provenance: Provenance) -> tuple[Complaint, ...]:
    """The errors of one piece, each with its line: its lines are fed one at a time."""
    parser = _parser(schema)
    line = 1
    found: list[Complaint] = []
    try:
        for count, piece in enumerate(islice(pieces(), suspect + 1)):
            if count < suspect:
                parser.feed(piece)
                line += piece.count(b"\n")
                continue
            for part in piece.splitlines(keepends=True):
                known = len(parser.feed_error_log)
                parser.feed(part)
                errors = list(parser.feed_error_log)[known:]
                found += [_complaint(each.message, line, provenance) for each in errors]
                line += part.count(b"\n")
                if len(found) >= _MOST:
                    return tuple(found[:_MOST])
        parser.close()
    except etree.XMLSyntaxError as error:
        if not found:
            errors = [each for each in parser.feed_error_log if each.domain_name == "SCHEMASV"]
            if not errors:
                return (_syntax(error),)
            return tuple(_complaint(each.message, line, provenance) for each in errors[:_MOST])
    return tuple(found[:_MOST])


def _syntax(error: etree.XMLSyntaxError) -> Complaint:
    complaint = syntax_complaint(error)
    text = _WRAPPED.fullmatch(complaint.found)
    return replace(complaint, found=text[1]) if text else complaint


def _complaint(message: str | None, line: int, provenance: Provenance) -> Complaint:
    text = (message or "not valid").strip()
    element = _ELEMENT.match(text)
    path = f"//{element[1]}" if element else "/"
    return Complaint("schema", line, path, text, "what the schema allows there", provenance)


def _parser(schema: etree.XMLSchema) -> etree.XMLParser[Element]:
    options = {"resolve_entities": False, "load_dtd": False, "no_network": True, "encoding": "utf-8"}
    return etree.XMLParser(schema=schema, target=_Nothing(), **options)  # type: ignore[call-overload,no-any-return]
