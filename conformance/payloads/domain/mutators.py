"""Mutators that break what the schema or the XML form of a document requires.

A mutator takes a valid document and returns it with one fault, together with the finding that validation must report.
Mutators of the encoding come first, then those of elements and attributes, then those of single values. The business
rules, which no schema can express, are in ``business_mutators``.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from lxml import etree
from xmlschema.validators import XsdElement, XsdSimpleType

from simulator.documents.element_names import Names
from simulator.documents.explaining import child_declaration, global_element
from simulator.documents.parsing import Element, parse
from simulator.documents.profile import Profile
from simulator.documents.reading import read_located
from simulator.documents.writing import write_document
from simulator.domain.model import ChannelName, Document

ALL_CHANNELS = frozenset(ChannelName)


@dataclass(frozen=True, slots=True)
class InvalidDocument:
    """A document with one fault: the code and XPath of the finding that it must get, and the fault in words."""

    kind: str
    data: bytes
    code: str
    path: str
    why: str


@dataclass(frozen=True, slots=True)
class DeclaredElement:
    """An element of a document with its declaration in the schema."""

    element: Element
    declaration: XsdElement

    @property
    def has_parent(self) -> bool:
        """True for all but the document element."""
        return self.element.getparent() is not None

    @property
    def occurs_once(self) -> bool:
        """True if the schema requires exactly one."""
        return self.declaration.min_occurs == 1 and self.occurs_at_most_once

    @property
    def occurs_at_most_once(self) -> bool:
        """True if the schema does not allow a second one."""
        return self.declaration.max_occurs == 1

    @property
    def holds_elements(self) -> bool:
        """True if it has child elements and no text of its own."""
        return len(self.element) > 0 and self.declaration.type.simple_type is None


class Original:
    """A valid document that a mutator changes. Every mutator gets a new one, and a generator to choose a place with."""

    def __init__(self, document: Document, profile: Profile, chance: random.Random) -> None:
        self.document = document
        self.profile = profile
        self.random = chance

    @cached_property
    def data(self) -> bytes:
        """The document as bytes, before any change."""
        return write_document(self.document, self.profile)

    @cached_property
    def root(self) -> Element:
        """The document element, which mutators may change."""
        return parse(self.data).getroot()

    def path(self, element: Element, attribute: str | None = None) -> str:
        """Return the XPath of an element or attribute in the changed tree."""
        return Names(self.profile.namespaces).path(element, attribute)

    def elements(self) -> Iterator[DeclaredElement]:
        """Yield every element with its declaration."""
        channel = self.profile.channel(self.document.channel)
        declaration = global_element(self.profile.catalogue.model(channel.schema_urn), channel.root)
        assert declaration is not None  # the profile was checked against its schemas when it was loaded
        yield from _declared_elements(self.root, declaration)

    def choose(self, fits: Callable[[DeclaredElement], bool]) -> DeclaredElement | None:
        """Return one of the elements that fit, or None if there is none."""
        candidates = [element for element in self.elements() if fits(element)]
        return self.random.choice(candidates) if candidates else None

    def changed(self) -> bytes:
        """Return the changed tree as bytes."""
        return etree.tostring(self.root, encoding="UTF-8", xml_declaration=True) + b"\n"

    def locate(self, document: Document, field: str, record: int | None, member: int | None) -> tuple[bytes, str]:
        """Return another document as bytes, and the XPath of one of its fields."""
        data = write_document(document, self.profile)
        located = read_located(parse(data), self.profile, document.channel)
        return data, self.path(*located.find(record, field, member))


def _declared_elements(element: Element, declaration: XsdElement) -> Iterator[DeclaredElement]:
    yield DeclaredElement(element, declaration)
    for child in element:
        inner = child_declaration(declaration, str(child.tag))
        if inner is not None:
            yield from _declared_elements(child, inner)


@dataclass(frozen=True, slots=True)
class Mutator:
    """Makes one kind of fault, in documents of some channels.

    ``mutate`` returns None for a document that has no place for the fault.
    """

    kind: str
    channels: frozenset[ChannelName]
    mutate: Callable[[Original], InvalidDocument | None]


# ---- encoding, document type, well-formedness, document element

_DECLARATION = b"<?xml version='1.0' encoding='UTF-8'?>"


def _encoding(original: Original) -> InvalidDocument | None:
    data = original.data.replace(b"UTF-8", b"ISO-8859-13", 1)
    return InvalidDocument("encoding", data, "encoding", "/", "the declared encoding is not UTF-8")


def _dtd(original: Original) -> InvalidDocument | None:
    name = etree.QName(original.root).localname
    doctype = f'\n<!DOCTYPE {name} [<!ENTITY a "b">]>'.encode()
    data = original.data.replace(_DECLARATION, _DECLARATION + doctype, 1)
    return InvalidDocument("dtd", data, "dtd", "/", "a document type declaration with an entity")


def _cut_off(original: Original) -> InvalidDocument | None:
    end = original.data.rindex(b"</")
    return InvalidDocument("cut-off", original.data[:end], "well-formed", "/", "the last end tag is missing")


def _not_utf8(original: Original) -> InvalidDocument | None:
    position = original.data.rindex(b"</")
    data = original.data[:position] + "ā".encode("iso-8859-13") + original.data[position:]
    return InvalidDocument("not-utf-8", data, "well-formed", "/", "a byte that is not UTF-8")


def _empty(original: Original) -> InvalidDocument | None:
    del original
    return InvalidDocument("empty", b"", "well-formed", "/", "no bytes at all")


def _root_namespace(original: Original) -> InvalidDocument | None:
    original.root.tag = f"{{{_OTHER_NAMESPACE}}}{etree.QName(original.root).localname}"
    path = original.path(original.root)
    why = "the document element is in another namespace"
    return InvalidDocument("root-namespace", original.changed(), "root", path, why)


def _root_name(original: Original) -> InvalidDocument | None:
    original.root.tag = str(original.root.tag) + "X"
    path = original.path(original.root)
    return InvalidDocument("root-name", original.changed(), "root", path, "a document element that no channel has")


# ---- elements and attributes: missing, extra, out of order

_OTHER_NAMESPACE = "urn:cits"


def _schema_fault(kind: str, original: Original, path: str, why: str) -> InvalidDocument:
    return InvalidDocument(kind, original.changed(), "schema", path, why)


def _element_mutator(
    kind: str,
    fits: Callable[[DeclaredElement], bool],
    break_element: Callable[[Original, Element], tuple[str, str]],
) -> Mutator:
    """A mutator of one element that ``fits``; ``break_element`` returns the XPath and the fault in words."""

    def mutate(original: Original) -> InvalidDocument | None:
        place = original.choose(fits)
        return None if place is None else _schema_fault(kind, original, *break_element(original, place.element))

    return Mutator(kind, ALL_CHANNELS, mutate)


def _remove(original: Original, element: Element) -> tuple[str, str]:
    parent, following = element.getparent(), element.getnext()
    assert parent is not None  # chosen among those that have one
    parent.remove(element)
    return original.path(parent if following is None else following), f"{etree.QName(element).localname} is missing"


def _repeat(original: Original, element: Element) -> tuple[str, str]:
    second = copy.deepcopy(element)
    element.addnext(second)
    return original.path(second), f"{etree.QName(element).localname} occurs twice"


def _add_unknown_child(original: Original, element: Element) -> tuple[str, str]:
    namespace = etree.QName(element[0]).namespace
    extra = etree.SubElement(element, f"{{{namespace}}}Nezinams" if namespace else "Nezinams")
    return original.path(extra), "an element that the schema does not declare"


def _change_namespace(original: Original, element: Element) -> tuple[str, str]:
    element.tag = f"{{{_OTHER_NAMESPACE}}}{etree.QName(element).localname}"
    return original.path(element), "an element in another namespace"


def _add_unknown_attribute(original: Original, element: Element) -> tuple[str, str]:
    element.set("zime", "1")
    return original.path(element, "zime"), "an attribute that the schema does not declare"


def _add_text(original: Original, element: Element) -> tuple[str, str]:
    element.text = "teksts"
    return original.path(element), "text between elements"


def _order(original: Original) -> InvalidDocument | None:
    """Put a required element before the required one that it must follow."""
    declared = {place.element: place for place in original.elements()}
    pairs = [
        (place.element, following.element)
        for place in declared.values()
        if place.has_parent
        and place.occurs_once
        and (following := declared.get(place.element.getnext())) is not None  # type: ignore[arg-type]
        and following.occurs_once
        and place.element.tag != following.element.tag
    ]
    if not pairs:
        return None
    first, second = original.random.choice(pairs)
    first.addprevious(second)
    why = f"{etree.QName(second).localname} comes before {etree.QName(first).localname}"
    return _schema_fault("order", original, original.path(second), why)


def _missing_attribute(original: Original) -> InvalidDocument | None:
    required = [
        (place.element, name)
        for place in original.elements()
        for name in map(str, place.element.attrib)
        if getattr(place.declaration.attributes.get(name), "use", "") == "required"
    ]
    if not required:
        return None
    element, name = original.random.choice(required)
    del element.attrib[name]
    return _schema_fault("missing-attribute", original, original.path(element), f"{name} is missing")


def _is_required_child(place: DeclaredElement) -> bool:
    return place.has_parent and place.occurs_once


# ---- single values: one facet of a simple type broken


@dataclass(frozen=True, slots=True)
class _Value:
    """The text of an element, or the value of one of its attributes, with its simple type."""

    element: Element
    attribute: str | None
    type: XsdSimpleType

    @property
    def text(self) -> str:
        return (self.element.get(self.attribute) if self.attribute else self.element.text) or ""

    @property
    def primitive(self) -> str | None:
        """Name of the primitive type, such as ``decimal``; None for lists and unions."""
        return getattr(getattr(self.type, "primitive_type", None), "local_name", None)

    @property
    def has_decimals(self) -> bool:
        return self.primitive == "decimal" and "." in self.text

    def replace(self, text: str) -> None:
        if self.attribute:
            self.element.set(self.attribute, text)
        else:
            self.element.text = text


def _too_long(value: _Value) -> str | None:
    longest = value.type.max_length
    return None if longest is None else (value.text or "x") + "x" * (longest + 1 - len(value.text))


def _too_short(value: _Value) -> str | None:
    return value.text[: value.type.min_length - 1] if value.type.min_length else None


def _pattern(value: _Value) -> str | None:
    """Return a text that breaks the pattern; one of the same length if possible, so that no length facet breaks."""
    text = value.text
    if value.type.patterns is None or not text:
        return None
    candidates = [*(text[:-1] + last for last in "!x "), " " + text[1:], text + "x"]
    return next((candidate for candidate in candidates if not value.type.is_valid(candidate)), None)


def _too_large(value: _Value) -> str | None:
    most = getattr(value.type, "max_value", None)
    return str(most + 1) if isinstance(most, (int, Decimal)) else None


def _unlisted(value: _Value) -> str | None:
    return "Nezināms" if value.type.enumeration else None


def _word(value: _Value) -> str | None:
    return "nezināms" if value.primitive not in {"string", None} else None


def _decimal_comma(value: _Value) -> str | None:
    return value.text.replace(".", ",") if value.has_decimals else None


def _three_decimals(value: _Value) -> str | None:
    return f"{value.text}5" if value.has_decimals else None


def _too_many_digits(value: _Value) -> str | None:
    return "9" * 20 + ".00" if value.has_decimals else None


def _value_mutator(kind: str, break_value: Callable[[_Value], str | None], why: str) -> Mutator:
    """A mutator that puts ``break_value(value)`` in the place of a value; None means that it does not apply."""

    def mutate(original: Original) -> InvalidDocument | None:
        candidates = [(value, break_value(value)) for value in _values(original)]
        broken = [
            (value, text)
            for value, text in candidates
            if text is not None and text != value.text and not value.type.is_valid(text)
        ]
        if not broken:
            return None
        value, text = original.random.choice(broken)
        value.replace(text)
        return _schema_fault(kind, original, original.path(value.element, value.attribute), why)

    return Mutator(kind, ALL_CHANNELS, mutate)


def _values(original: Original) -> Iterator[_Value]:
    for place in original.elements():
        simple = place.declaration.type.simple_type
        if simple is not None and not len(place.element):
            yield _Value(place.element, None, simple)
        for name in map(str, place.element.attrib):
            declared = place.declaration.attributes.get(name)
            if declared is not None and isinstance(declared.type, XsdSimpleType):
                yield _Value(place.element, name, declared.type)


def _on(primitive: str, text: str) -> Callable[[_Value], str | None]:
    """Return a function that gives ``text`` for values of one primitive type."""
    return lambda value: text if value.primitive == primitive else None


MUTATORS = (
    Mutator("encoding", ALL_CHANNELS, _encoding),
    Mutator("dtd", ALL_CHANNELS, _dtd),
    Mutator("cut-off", ALL_CHANNELS, _cut_off),
    Mutator("not-utf-8", ALL_CHANNELS, _not_utf8),
    Mutator("empty", ALL_CHANNELS, _empty),
    Mutator("root-namespace", ALL_CHANNELS, _root_namespace),
    Mutator("root-name", ALL_CHANNELS, _root_name),
    _element_mutator("missing-element", _is_required_child, _remove),
    _element_mutator("repeated-element", lambda place: place.has_parent and place.occurs_at_most_once, _repeat),
    _element_mutator("unknown-element", lambda place: place.holds_elements, _add_unknown_child),
    _element_mutator("element-namespace", _is_required_child, _change_namespace),
    Mutator("order", ALL_CHANNELS, _order),
    _element_mutator("unknown-attribute", lambda _: True, _add_unknown_attribute),
    Mutator("missing-attribute", ALL_CHANNELS, _missing_attribute),
    _element_mutator("text-between", lambda place: place.holds_elements, _add_text),
    _value_mutator("too-long", _too_long, "longer than the schema allows"),
    _value_mutator("too-short", _too_short, "shorter than the schema allows"),
    _value_mutator("pattern", _pattern, "does not match the pattern of the schema"),
    _value_mutator("enumeration", _unlisted, "none of the values that the schema lists"),
    _value_mutator("kind", _word, "text where the schema requires a number, a date or a boolean"),
    _value_mutator("no-such-day", _on("date", "2027-02-29"), "a date that does not exist"),
    _value_mutator("no-such-month", _on("gYearMonth", "2026-13"), "a month that does not exist"),
    _value_mutator("local-time", _on("dateTime", "2026-03-02T10:00:00"), "a date and time without a time zone"),
    _value_mutator("decimal-comma", _decimal_comma, "a comma instead of the decimal point"),
    _value_mutator("three-decimals", _three_decimals, "three decimals"),
    _value_mutator("too-large", _too_large, "larger than the schema allows"),
    _value_mutator("too-many-digits", _too_many_digits, "more digits than the schema allows"),
)
