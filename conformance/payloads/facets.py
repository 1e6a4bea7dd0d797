"""All facets of a simple type, gathered over its steps of derivation."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from xmlschema.validators.facets import XsdEnumerationFacets, XsdFacet, XsdPatternFacets
from xmlschema.validators.simple_types import XsdAtomicBuiltin, XsdAtomicRestriction, XsdList, XsdSimpleType, XsdUnion

from conformance.payloads.errors import Place
from conformance.payloads.places import place_of

XS = "{http://www.w3.org/2001/XMLSchema}"


@dataclass(frozen=True, slots=True)
class Step:
    """The patterns of one step of derivation; a value matches one of them."""

    patterns: tuple[str, ...]
    owner: XsdSimpleType
    elem: Element

    @property
    def place(self) -> Place:
        """Where the first of them stands."""
        return place_of(self.owner, self.elem)


@dataclass(frozen=True, slots=True)
class Bound:
    """A lower or upper bound as it is written."""

    lower: bool
    included: bool
    text: str


@dataclass(slots=True)
class Facets:
    """The facets of a type. ``base`` is the built-in type, list or union that the derivation starts from."""

    base: XsdSimpleType
    steps: list[Step] = field(default_factory=list)
    bounds: list[Bound] = field(default_factory=list)
    least: int = 0
    most: int | None = None
    total_digits: int | None = None
    fraction_digits: int | None = None
    white_space: str | None = None
    enumeration: tuple[str, ...] | None = None
    enumeration_owner: XsdSimpleType | None = None

    @property
    def builtin(self) -> str:
        """The local name of the built-in type (``anySimpleType`` for lists and unions)."""
        name = self.base.name or ""
        return name.removeprefix(XS) if name.startswith(XS) else "anySimpleType"


def gather(xsd_type: XsdSimpleType) -> Facets:
    """The facets of a type and of all that it is derived from."""
    chain: list[XsdSimpleType] = []
    current: XsdSimpleType = xsd_type
    while isinstance(current, XsdAtomicRestriction) and not isinstance(current, XsdAtomicBuiltin):
        chain.append(current)
        base = current.redefine if current.redefine is not None else current.base_type
        content = getattr(base, "content", None)
        base = content if isinstance(content, XsdSimpleType) else base
        if not isinstance(base, XsdSimpleType) or base is current:
            break
        current = base
    found = Facets(current)
    if isinstance(current, (XsdList, XsdUnion)):
        found.white_space = "collapse"
    for each in chain:
        for name, facet in each.facets.items():
            if isinstance(facet, XsdFacet) and name is not None:
                _add(found, name.removeprefix(XS), facet, each)
    return found


def _add(found: Facets, name: str, facet: XsdFacet, owner: XsdSimpleType) -> None:
    """Adds one facet; the chain runs from the derived to the base, and what was found first is narrower."""
    match name:
        case "pattern":
            assert isinstance(facet, XsdPatternFacets)
            found.steps.append(Step(tuple(facet.regexps), owner, facet.elem))
        case "enumeration":
            assert isinstance(facet, XsdEnumerationFacets)
            if found.enumeration is None:
                found.enumeration = tuple(str(each.attrib["value"]) for each in facet)
                found.enumeration_owner = owner
        case "length":
            found.least = max(found.least, _number(facet))
            found.most = _least_of(found.most, _number(facet))
        case "minLength":
            found.least = max(found.least, _number(facet))
        case "maxLength":
            found.most = _least_of(found.most, _number(facet))
        case "totalDigits":
            found.total_digits = _least_of(found.total_digits, _number(facet))
        case "fractionDigits":
            found.fraction_digits = _least_of(found.fraction_digits, _number(facet))
        case "whiteSpace":
            found.white_space = found.white_space or str(facet.value)
        case "minInclusive" | "minExclusive" | "maxInclusive" | "maxExclusive":
            text = str(facet.elem.attrib["value"]).strip()
            found.bounds.append(Bound(name.startswith("min"), name.endswith("Inclusive"), text))


def _number(facet: XsdFacet) -> int:
    return int(str(facet.value))


def _least_of(one: int | None, other: int) -> int:
    return other if one is None else min(one, other)
