"""Faults of the structure that the schema asks for: elements and attributes missing, extra, or out of order."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

from lxml import etree

from conformance.payloads.spoilers.spoilt import Place, Spoiler, Spoilt, Subject
from simulator.documents.model import ChannelName

_OTHER = "urn:cits"


def _is_once(place: Place) -> bool:
    return place.declaration.min_occurs == 1 and place.declaration.max_occurs == 1


def _is_inner(place: Place) -> bool:
    return place.element.getparent() is not None


def _holds_elements(place: Place) -> bool:
    return len(place.element) > 0 and place.declaration.type.simple_type is None


def _missing_element(subject: Subject) -> Spoilt | None:
    place = subject.some(each for each in subject.places() if _is_inner(each) and _is_once(each))
    if place is None:
        return None
    parent, after = place.element.getparent(), place.element.getnext()
    assert parent is not None  # only inner ones were asked for
    parent.remove(place.element)
    path = subject.path(parent if after is None else after)
    why = f"{etree.QName(place.element).localname} is left out"
    return Spoilt("missing-element", subject.written(), "schema", path, why)


def _repeated_element(subject: Subject) -> Spoilt | None:
    place = subject.some(each for each in subject.places() if _is_inner(each) and each.declaration.max_occurs == 1)
    if place is None:
        return None
    second = copy.deepcopy(place.element)
    place.element.addnext(second)
    why = f"{etree.QName(place.element).localname} stands twice"
    return Spoilt("repeated-element", subject.written(), "schema", subject.path(second), why)


def _unknown_element(subject: Subject) -> Spoilt | None:
    place = subject.some(each for each in subject.places() if _holds_elements(each))
    if place is None:
        return None
    namespace = etree.QName(place.element[0]).namespace
    extra = etree.SubElement(place.element, f"{{{namespace}}}Nezinams" if namespace else "Nezinams")
    return Spoilt(
        "unknown-element", subject.written(), "schema", subject.path(extra), "an element that the schema lacks"
    )


def _element_namespace(subject: Subject) -> Spoilt | None:
    place = subject.some(each for each in subject.places() if _is_inner(each) and _is_once(each))
    if place is None:
        return None
    place.element.tag = f"{{{_OTHER}}}{etree.QName(place.element).localname}"
    path = subject.path(place.element)
    return Spoilt("element-namespace", subject.written(), "schema", path, "an element in another namespace")


def _order(subject: Subject) -> Spoilt | None:
    def pairs() -> Iterator[Place]:
        known = {each.element: each for each in subject.places()}
        for place in known.values():
            after = known.get(place.element.getnext())  # type: ignore[arg-type]
            if (
                _is_inner(place)
                and _is_once(place)
                and after
                and _is_once(after)
                and place.element.tag != after.element.tag
            ):
                yield place

    place = subject.some(pairs())
    if place is None:
        return None
    early = place.element.getnext()
    assert early is not None  # pairs were asked for
    place.element.addprevious(early)
    why = f"{etree.QName(early).localname} stands before {etree.QName(place.element).localname}"
    return Spoilt("order", subject.written(), "schema", subject.path(early), why)


def _unknown_attribute(subject: Subject) -> Spoilt | None:
    place = subject.some(subject.places())
    if place is None:
        return None
    place.element.set("zime", "1")
    path = subject.path(place.element, "zime")
    return Spoilt("unknown-attribute", subject.written(), "schema", path, "an attribute that the schema lacks")


def _missing_attribute(subject: Subject) -> Spoilt | None:
    found = [
        (place, name)
        for place in subject.places()
        for name in map(str, place.element.attrib)
        if getattr(place.declaration.attributes.get(name), "use", "") == "required"
    ]
    if not found:
        return None
    place, name = subject.chance.choice(found)
    del place.element.attrib[name]
    path = subject.path(place.element)
    return Spoilt("missing-attribute", subject.written(), "schema", path, f"{name} is left out")


def _text_between(subject: Subject) -> Spoilt | None:
    place = subject.some(each for each in subject.places() if _holds_elements(each))
    if place is None:
        return None
    place.element.text = "teksts"
    path = subject.path(place.element)
    return Spoilt("text-between", subject.written(), "schema", path, "text between elements")


_MADE: tuple[tuple[str, Callable[[Subject], Spoilt | None]], ...] = (
    ("missing-element", _missing_element),
    ("repeated-element", _repeated_element),
    ("unknown-element", _unknown_element),
    ("element-namespace", _element_namespace),
    ("order", _order),
    ("unknown-attribute", _unknown_attribute),
    ("missing-attribute", _missing_attribute),
    ("text-between", _text_between),
)
SPOILERS = tuple(Spoiler(kind, frozenset(ChannelName), spoil) for kind, spoil in _MADE)
