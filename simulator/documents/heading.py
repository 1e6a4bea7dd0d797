"""What a document says of itself at its start: the name of its document element, without reading the rest."""

from __future__ import annotations

from xml.parsers import expat

from simulator.documents import parsing
from simulator.documents.complaints import Complaint

HEAD = 1024 * 1024
"""Bytes from the start that are looked at; the document element has to begin there (assumed)."""


class _FoundError(Exception):
    """The document element's name, thrown out of the parser."""


def document_element(head: bytes) -> tuple[str, Complaint | None]:
    """The Clark name of the document element that begins in ``head`` (UTF-8), or why none can be found there.

    Refuses what is not UTF-8 by its own word, and a DTD.
    """
    complaint = parsing.refusal(head)
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
        return "", Complaint(
            "well-formed", error.lineno, "/", expat.ErrorString(error.code), "well-formed XML", parsing.XML
        )
    raise AssertionError("expat wants an element")


def clark(name: str) -> str:
    """A name as expat gives it (namespace, blank, local name) in Clark's notation."""
    namespace, _, local = name.rpartition(" ")
    return f"{{{namespace}}}{local}" if namespace else local
