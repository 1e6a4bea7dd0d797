"""Faults of single values: each facet of a simple type broken in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from xmlschema.validators import XsdSimpleType

from conformance.payloads.spoilers.spoilt import Spoiler, Spoilt, Subject
from simulator.documents.model import ChannelName
from simulator.documents.parsing import Element


@dataclass(frozen=True, slots=True)
class _Value:
    """A value of the document: of an element, or of an attribute."""

    element: Element
    attribute: str | None
    type: XsdSimpleType

    @property
    def text(self) -> str:
        return (self.element.get(self.attribute) if self.attribute else self.element.text) or ""

    def put(self, text: str) -> None:
        if self.attribute:
            self.element.set(self.attribute, text)
        else:
            self.element.text = text


_Wrong = Callable[[_Value], str | None]


def _too_long(value: _Value) -> str | None:
    longest = value.type.max_length
    return None if longest is None else (value.text or "x") + "x" * (longest + 1 - len(value.text))


def _too_short(value: _Value) -> str | None:
    return value.text[: value.type.min_length - 1] if value.type.min_length else None


def _pattern(value: _Value) -> str | None:
    if value.type.patterns is None:
        return None
    return next((text for text in _mutations(value.text) if not value.type.is_valid(text)), None)


def _mutations(text: str) -> Iterator[str]:
    """As short and as long as before where that can be, so that it is the form which is wrong."""
    if text:
        yield from (text[:-1] + each for each in ("!", "x", "\u0001" if not text else " "))
        yield " " + text[1:]
        yield text + "x"


def _enumeration(value: _Value) -> str | None:
    return "Nezināms" if value.type.enumeration else None


def _kind(value: _Value) -> str | None:
    """Text where the built-in type is a number, a day, a moment, a month or a truth value."""
    return "nezināms" if _primitive(value) not in {"string", None} else None


def _day_that_is_not(value: _Value) -> str | None:
    return "2027-02-29" if _primitive(value) == "date" else None


def _month_that_is_not(value: _Value) -> str | None:
    return "2026-13" if _primitive(value) == "gYearMonth" else None


def _local_time(value: _Value) -> str | None:
    return "2026-03-02T10:00:00" if _primitive(value) == "dateTime" else None


def _decimal_comma(value: _Value) -> str | None:
    return value.text.replace(".", ",") if _primitive(value) == "decimal" and "." in value.text else None


def _three_decimals(value: _Value) -> str | None:
    return f"{value.text}5" if _primitive(value) == "decimal" and "." in value.text else None


def _too_large(value: _Value) -> str | None:
    most = getattr(value.type, "max_value", None)
    return None if not isinstance(most, (int, Decimal)) else str(most + 1)


def _too_many_digits(value: _Value) -> str | None:
    return "9" * 20 + ".00" if _primitive(value) == "decimal" and "." in value.text else None


def _primitive(value: _Value) -> str | None:
    primitive = getattr(value.type, "primitive_type", None)
    return getattr(primitive, "local_name", None)


_MADE: tuple[tuple[str, _Wrong, str], ...] = (
    ("too-long", _too_long, "longer than the schema allows"),
    ("too-short", _too_short, "shorter than the schema allows"),
    ("pattern", _pattern, "not of the form that the schema asks for"),
    ("enumeration", _enumeration, "none of the values that the schema knows"),
    ("kind", _kind, "text where the schema has a number, a day or a truth value"),
    ("no-such-day", _day_that_is_not, "a day that does not exist"),
    ("no-such-month", _month_that_is_not, "a month that does not exist"),
    ("local-time", _local_time, "a moment without its time zone"),
    ("decimal-comma", _decimal_comma, "a comma instead of the decimal point"),
    ("three-decimals", _three_decimals, "three decimals"),
    ("too-large", _too_large, "more than the schema allows"),
    ("too-many-digits", _too_many_digits, "more digits than the schema allows"),
)


def _spoiler(kind: str, wrong: _Wrong, why: str) -> Spoiler:
    def spoil(subject: Subject) -> Spoilt | None:
        values = [(each, text) for each in _values(subject) if (text := wrong(each)) is not None]
        broken = [(each, text) for each, text in values if text != each.text and not each.type.is_valid(text)]
        if not broken:
            return None
        value, text = subject.chance.choice(broken)
        value.put(text)
        return Spoilt(kind, subject.written(), "schema", subject.path(value.element, value.attribute), why)

    return Spoiler(kind, frozenset(ChannelName), spoil)


def _values(subject: Subject) -> Iterator[_Value]:
    for place in subject.places():
        simple = place.declaration.type.simple_type
        if simple is not None and not len(place.element):
            yield _Value(place.element, None, simple)
        for name in map(str, place.element.attrib):
            declared = place.declaration.attributes.get(name)
            if declared is not None and isinstance(declared.type, XsdSimpleType):
                yield _Value(place.element, name, declared.type)


SPOILERS = tuple(_spoiler(kind, wrong, why) for kind, wrong, why in _MADE)
