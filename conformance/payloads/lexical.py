"""The lexical forms of the built-in types as regular expressions of XSD: the usual form first, then all forms."""

from __future__ import annotations

from decimal import Decimal

from conformance.payloads.durations import DURATION

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
    """The bounds of a built-in type of whole numbers, both included."""
    if name in _UNSIGNED:
        return Decimal(0), Decimal(2 ** _UNSIGNED[name] - 1)
    if name in _SIGNED:
        half = 2 ** (_SIGNED[name] - 1)
        return Decimal(-half), Decimal(half - 1)
    low = {"nonNegativeInteger": Decimal(0), "positiveInteger": Decimal(1)}.get(name)
    high = {"nonPositiveInteger": Decimal(0), "negativeInteger": Decimal(-1)}.get(name)
    return low, high


def hexadecimal(least: int, most: int | None) -> tuple[str, ...]:
    """The forms of hexBinary of so many octets."""
    counts = f"{{{least},{'' if most is None else most}}}"
    return f"([0-9A-F]{{2}}){counts}", f"([0-9A-Fa-f]{{2}}){counts}"


def base64(least: int, most: int | None) -> tuple[str, ...]:
    """The form of base64Binary of so many octets, without spaces in between."""
    char = "[A-Za-z0-9+/]"
    two, one = f"{char}{{2}}[AEIMQUYcgkosw048]=", f"{char}[AQgw]=="
    parts = []
    for rest, tail in ((0, ""), (1, one), (2, two)):
        low = -(-(least - rest) // 3) if least > rest else 0
        high = None if most is None else (most - rest) // 3
        if high is None or high >= low:
            parts.append(f"({char}{{4}}){{{low},{'' if high is None else high}}}{tail}")
    return ("|".join(parts),) if parts else ("[^\\s\\S]",)
