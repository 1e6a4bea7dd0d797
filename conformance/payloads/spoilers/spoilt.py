"""What a spoiler is, and what it makes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from lxml import etree
from xmlschema.validators import XsdElement

from simulator.documents.explaining import Names, child_declaration, global_element
from simulator.documents.model import ChannelName, Document
from simulator.documents.parsing import Element, parse
from simulator.documents.profile import Profile
from simulator.documents.reading import read_located
from simulator.documents.writing import write_document


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A document with one fault: the code of the complaint that it must get, the XPath where, and why in words."""

    kind: str
    data: bytes
    code: str
    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Place:
    """An element of a document and its declaration in the schema."""

    element: Element
    declaration: XsdElement


class Subject:
    """A valid document that is about to be spoilt; each spoiler gets one of its own, and chance to choose by."""

    def __init__(self, document: Document, profile: Profile, chance: random.Random) -> None:
        self.document = document
        self.profile = profile
        self.chance = chance

    @cached_property
    def data(self) -> bytes:
        """The document as it travels."""
        return write_document(self.document, self.profile)

    @cached_property
    def root(self) -> Element:
        """Its document element, to be changed."""
        return parse(self.data).getroot()

    def path(self, element: Element, attribute: str | None = None) -> str:
        """The XPath of an element or attribute, as it stands now."""
        return Names(self.profile.namespaces).path(element, attribute)

    def places(self) -> Iterator[Place]:
        """Every element that the schema declares."""
        channel = self.profile.channel(self.document.channel)
        declaration = global_element(self.profile.catalogue.model(channel.schema_urn), channel.root)
        assert declaration is not None  # the profile was held against its schemas
        yield from _below(self.root, declaration)

    def some(self, places: Iterator[Place]) -> Place | None:
        """One of the places, by chance; None when there is none."""
        found = list(places)
        return self.chance.choice(found) if found else None

    def written(self) -> bytes:
        """The document element, as it stands now."""
        return etree.tostring(self.root, encoding="UTF-8", xml_declaration=True) + b"\n"

    def where(self, document: Document, field: str, record: int | None, member: int | None) -> tuple[bytes, str]:
        """Another document, written, and the XPath of one of its fields."""
        data = write_document(document, self.profile)
        located = read_located(parse(data), self.profile, document.channel)
        return data, self.path(*located.find(record, field, member))


@dataclass(frozen=True, slots=True)
class Spoiler:
    """One kind of fault: a name, the channels where it can be, and how it is made (None: not in this document)."""

    kind: str
    channels: frozenset[ChannelName]
    spoil: Callable[[Subject], Spoilt | None]


def _below(element: Element, declaration: XsdElement) -> Iterator[Place]:
    yield Place(element, declaration)
    for child in element:
        inner = child_declaration(declaration, str(child.tag))
        if inner is not None:
            yield from _below(child, inner)
