"""Faults of the bytes: encoding, document type, well-formedness, the document element."""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from conformance.payloads.spoilers.spoilt import Spoiler, Spoilt, Subject
from simulator.documents.model import ChannelName

_DECLARATION = b"<?xml version='1.0' encoding='UTF-8'?>"
_EVERYWHERE = frozenset(ChannelName)


def _encoding(subject: Subject) -> Spoilt | None:
    data = subject.data.replace(b"UTF-8", b"ISO-8859-13", 1)
    return Spoilt("encoding", data, "encoding", "/", "another encoding is declared than UTF-8")


def _dtd(subject: Subject) -> Spoilt | None:
    name = etree.QName(subject.root).localname
    kind = f'\n<!DOCTYPE {name} [<!ENTITY a "b">]>'.encode()
    data = subject.data.replace(_DECLARATION, _DECLARATION + kind, 1)
    return Spoilt("dtd", data, "dtd", "/", "a document type with an entity")


def _cut_off(subject: Subject) -> Spoilt | None:
    end = subject.data.rindex(b"</")
    return Spoilt("cut-off", subject.data[:end], "well-formed", "/", "the end is missing")


def _not_utf8(subject: Subject) -> Spoilt | None:
    at = subject.data.rindex(b"</")
    data = subject.data[:at] + "ā".encode("iso-8859-13") + subject.data[at:]
    return Spoilt("not-utf-8", data, "well-formed", "/", "a byte that is not UTF-8")


def _empty(subject: Subject) -> Spoilt | None:
    del subject
    return Spoilt("empty", b"", "well-formed", "/", "no bytes at all")


def _root_namespace(subject: Subject) -> Spoilt | None:
    subject.root.tag = "{urn:cits}" + str(etree.QName(subject.root).localname)
    path = subject.path(subject.root)
    return Spoilt("root-namespace", subject.written(), "root", path, "the document element is in another namespace")


def _root_name(subject: Subject) -> Spoilt | None:
    subject.root.tag = str(subject.root.tag) + "X"
    path = subject.path(subject.root)
    return Spoilt("root-name", subject.written(), "root", path, "a document element that no channel has")


_MADE: tuple[tuple[str, Callable[[Subject], Spoilt | None]], ...] = (
    ("encoding", _encoding),
    ("dtd", _dtd),
    ("cut-off", _cut_off),
    ("not-utf-8", _not_utf8),
    ("empty", _empty),
    ("root-namespace", _root_namespace),
    ("root-name", _root_name),
)
SPOILERS = tuple(Spoiler(kind, _EVERYWHERE, spoil) for kind, spoil in _MADE)
