"""Facets of a simple type, gathered over its derivation, and the lexical forms of the built-in types."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from xml.etree.ElementTree import Element

from xmlschema.validators.facets import XsdEnumerationFacets, XsdFacet, XsdPatternFacets
from xmlschema.validators.simple_types import XsdAtomicBuiltin, XsdAtomicRestriction, XsdList, XsdSimpleType, XsdUnion

from conformance.payloads.engine.errors import Place, Unsatisfiable, place_of

XS = "{http://www.w3.org/2001/XMLSchema}"


@dataclass(frozen=True, slots=True)
class Step:
    """The patterns of one step of derivation; a value matches one of them."""

    patterns: tuple[str, ...]
    owner: XsdSimpleType
    elem: Element

    @property
    def place(self) -> Place:
        """Place of the first of them."""
        return place_of(self.owner, self.elem)


@dataclass(frozen=True, slots=True)
class Bound:
    """A lower or upper bound, as written in the schema."""

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
        """Local name of the built-in type (``anySimpleType`` for lists and unions)."""
        name = self.base.name or ""
        return name.removeprefix(XS) if name.startswith(XS) else "anySimpleType"


def gather(xsd_type: XsdSimpleType) -> Facets:
    """Return the facets of a type and of all types that it is derived from."""
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
    facets = Facets(current)
    if isinstance(current, (XsdList, XsdUnion)):
        facets.white_space = "collapse"
    for restriction in chain:
        for name, facet in restriction.facets.items():
            if isinstance(facet, XsdFacet) and name is not None:
                _add(facets, name.removeprefix(XS), facet, restriction)
    return facets


def _add(facets: Facets, name: str, facet: XsdFacet, owner: XsdSimpleType) -> None:
    """Add one facet. Facets of derived types come first and are narrower."""
    match name:
        case "pattern":
            assert isinstance(facet, XsdPatternFacets)
            facets.steps.append(Step(tuple(facet.regexps), owner, facet.elem))
        case "enumeration":
            assert isinstance(facet, XsdEnumerationFacets)
            if facets.enumeration is None:
                facets.enumeration = tuple(str(value.attrib["value"]) for value in facet)
                facets.enumeration_owner = owner
        case "length":
            facets.least = max(facets.least, _number(facet))
            facets.most = _least_of(facets.most, _number(facet))
        case "minLength":
            facets.least = max(facets.least, _number(facet))
        case "maxLength":
            facets.most = _least_of(facets.most, _number(facet))
        case "totalDigits":
            facets.total_digits = _least_of(facets.total_digits, _number(facet))
        case "fractionDigits":
            facets.fraction_digits = _least_of(facets.fraction_digits, _number(facet))
        case "whiteSpace":
            facets.white_space = facets.white_space or str(facet.value)
        case "minInclusive" | "minExclusive" | "maxInclusive" | "maxExclusive":
            text = str(facet.elem.attrib["value"]).strip()
            facets.bounds.append(Bound(name.startswith("min"), name.endswith("Inclusive"), text))


def _number(facet: XsdFacet) -> int:
    return int(str(facet.value))


def _least_of(one: int | None, other: int) -> int:
    return other if one is None else min(one, other)


NCNAME = r"[\i-[:]][\c-[:]]*"
_INTEGER = r"0|-?[1-9][0-9]*"
_DECIMAL = r"(0|[1-9][0-9]*)(\.[0-9]+)?|-([1-9][0-9]*(\.[0-9]+)?|0\.0*[1-9][0-9]*)"
_FLOAT = r"[+\-]?[0-9]{1,9}(\.[0-9]{1,9})?([Ee][+\-]?[0-9]{1,2})?|INF|-INF|NaN"
_WORD = "[A-Za-z0-9._~\\-]"
_URI = (
    rf"(https?://[a-z0-9]([a-z0-9\-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9\-]*[a-z0-9])?)*(:[0-9]{{1,4}})?(/{_WORD}*)*"
    rf"(\?[A-Za-z0-9=&_]*)?(#[A-Za-z0-9_]*)?|urn:[a-z0-9]([a-z0-9\-]*[a-z0-9])?:{_WORD}+(:{_WORD}+)*|({_WORD}+(/{_WORD}+)*/?)?)"
)
_PCHAR = r"([A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})"
_ANY_URI = (
    rf"(([A-Za-z][A-Za-z0-9+.\-]*:)(//{_WORD}+(:[0-9]{{1,5}})?(/{_PCHAR}*)*|/?{_PCHAR}+(/{_PCHAR}*)*)"
    rf"|/?({_WORD}+(/{_PCHAR}*)*)?)(\?({_PCHAR}|[/?])*)?(#({_PCHAR}|[/?])*)?"
)

_SECONDS = r"[0-9]{1,4}(\.[0-9]{1,3})?S"
_CLOCK_PART = f"T([0-9]{{1,4}}H([0-9]{{1,4}}M)?({_SECONDS})?|[0-9]{{1,4}}M({_SECONDS})?|{_SECONDS})"
_DAY_PART = "([0-9]{1,4}Y([0-9]{1,4}M)?([0-9]{1,4}D)?|[0-9]{1,4}M([0-9]{1,4}D)?|[0-9]{1,4}D)"
DURATION = f"-?P({_DAY_PART}({_CLOCK_PART})?|{_CLOCK_PART})"

FORMS: dict[str, tuple[str, ...]] = {
    "boolean": ("false|true|0|1",),
    "decimal": (_DECIMAL, r"[+\-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"),
    "integer": (_INTEGER, r"[+\-]?[0-9]+"),
    "float": (_FLOAT,),
    "double": (_FLOAT,),
    "duration": (DURATION,),
    "anyURI": (_URI, _ANY_URI),
    "QName": (NCNAME,),
    "language": (r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*",),
    "Name": (r"\i\c*",),
    "NCName": (NCNAME,),
    "ID": (NCNAME,),
    "IDREF": (NCNAME,),
    "ENTITY": (NCNAME,),
    "NMTOKEN": (r"\c+",),
}
TEXT = {
    "preserve": r"[\s\S]*",
    "replace": r"( |\S)*",
    "collapse": r"(\S+( \S+)*)?",
}
WHITE_SPACE = {"string": "preserve", "anySimpleType": "preserve", "normalizedString": "replace"}

_UNSIGNED = {"unsignedLong": 64, "unsignedInt": 32, "unsignedShort": 16, "unsignedByte": 8}
_SIGNED = {"long": 64, "int": 32, "short": 16, "byte": 8}
INTEGERS = {
    "integer", "nonNegativeInteger", "positiveInteger", "nonPositiveInteger", "negativeInteger", *_UNSIGNED, *_SIGNED,
}  # fmt: skip


def integer_bounds(name: str) -> tuple[Decimal | None, Decimal | None]:
    """Return the bounds, both included, of a built-in type of whole numbers."""
    if name in _UNSIGNED:
        return Decimal(0), Decimal(2 ** _UNSIGNED[name] - 1)
    if name in _SIGNED:
        half = 2 ** (_SIGNED[name] - 1)
        return Decimal(-half), Decimal(half - 1)
    low = {"nonNegativeInteger": Decimal(0), "positiveInteger": Decimal(1)}.get(name)
    high = {"nonPositiveInteger": Decimal(0), "negativeInteger": Decimal(-1)}.get(name)
    return low, high


def hexadecimal(least: int, most: int | None) -> tuple[str, ...]:
    """Return the forms of hexBinary of ``least`` to ``most`` bytes."""
    counts = f"{{{least},{'' if most is None else most}}}"
    return f"([0-9A-F]{{2}}){counts}", f"([0-9A-Fa-f]{{2}}){counts}"


def base64(least: int, most: int | None) -> tuple[str, ...]:
    """Return the form of base64Binary of ``least`` to ``most`` bytes, without spaces."""
    char = "[A-Za-z0-9+/]"
    two, one = f"{char}{{2}}[AEIMQUYcgkosw048]=", f"{char}[AQgw]=="
    parts = []
    for rest, tail in ((0, ""), (1, one), (2, two)):
        low = -(-(least - rest) // 3) if least > rest else 0
        high = None if most is None else (most - rest) // 3
        if high is None or high >= low:
            parts.append(f"({char}{{4}}){{{low},{'' if high is None else high}}}{tail}")
    return ("|".join(parts),) if parts else ("[^\\s\\S]",)


def describe_type(xsd_type: XsdSimpleType) -> str:
    return f"the type {xsd_type.local_name}" if xsd_type.name else "a type without a name"


def no_value_error(xsd_type: XsdSimpleType, facets: Facets) -> Unsatisfiable:
    return Unsatisfiable(
        f"no value fits all facets of {describe_type(xsd_type)}: {describe_facets(facets)}", place_of(xsd_type)
    )


_SIDES = {(True, True): "at least", (True, False): "above", (False, True): "at most", (False, False): "below"}


def describe_facets(facets: Facets) -> str:
    parts = [f"a value of {facets.builtin}"] if facets.builtin != "anySimpleType" else ["a list or union"]
    parts += [f"pattern {' | '.join(step.patterns)}" for step in facets.steps]
    parts += [f"{_SIDES[bound.lower, bound.included]} {bound.text}" for bound in facets.bounds]
    if facets.least or facets.most is not None:
        parts.append(f"length {facets.least} to {'any' if facets.most is None else facets.most}")
    if facets.total_digits is not None:
        parts.append(f"{facets.total_digits} digits")
    if facets.fraction_digits is not None:
        parts.append(f"{facets.fraction_digits} fraction digits")
    return ", ".join(parts)
