"""Sets of characters as intervals of code points, and the contents of XSD's character classes.

Validators do not carry the same tables of Unicode: a letter of Unicode 15 is unassigned for libxml2. So a class knows
what it *surely* contains, of which strings are made, what it *possibly* contains, and what XSD says, which tells an
empty pattern from one that only the validators' differences make empty.
"""

from __future__ import annotations

import bisect
import functools
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from elementpath.regex.codepoints import RegexError
from elementpath.regex.unicode_subsets import unicode_block

LAST = 0x10FFFF


@dataclass(frozen=True, slots=True)
class CharSet:
    """An immutable set of code points: sorted, disjoint, not touching, both ends included."""

    spans: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, spans: Iterable[tuple[int, int]]) -> CharSet:
        """Return the set of intervals that may overlap, in any order."""
        merged: list[tuple[int, int]] = []
        for low, high in sorted(spans):
            if merged and low <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(merged[-1][1], high))
            else:
                merged.append((low, high))
        return cls(tuple(merged))

    @classmethod
    def chars(cls, text: str) -> CharSet:
        """Return the set of the characters of a text."""
        return cls.of((ord(char), ord(char)) for char in text)

    def __or__(self, other: CharSet) -> CharSet:
        return CharSet.of((*self.spans, *other.spans))

    def __and__(self, other: CharSet) -> CharSet:
        if self is other:
            return self
        common: list[tuple[int, int]] = []
        ours, theirs = self.spans, other.spans
        i = j = 0
        while i < len(ours) and j < len(theirs):
            low, high = max(ours[i][0], theirs[j][0]), min(ours[i][1], theirs[j][1])
            if low <= high:
                common.append((low, high))
            if ours[i][1] < theirs[j][1]:
                i += 1
            else:
                j += 1
        return CharSet(tuple(common))

    def __invert__(self) -> CharSet:
        gaps: list[tuple[int, int]] = []
        start = 0
        for low, high in self.spans:
            if low > start:
                gaps.append((start, low - 1))
            start = high + 1
        if start <= LAST:
            gaps.append((start, LAST))
        return CharSet(tuple(gaps))

    def __sub__(self, other: CharSet) -> CharSet:
        return self & ~other

    def __bool__(self) -> bool:
        return bool(self.spans)

    def __contains__(self, char: str) -> bool:
        point = ord(char)
        at = bisect.bisect_right(self.spans, (point, LAST)) - 1
        return at >= 0 and self.spans[at][0] <= point <= self.spans[at][1]

    def __len__(self) -> int:
        return sum(high - low + 1 for low, high in self.spans)

    def points(self) -> Iterator[int]:
        """Yield all code points in their order."""
        for low, high in self.spans:
            yield from range(low, high + 1)


EMPTY = CharSet(())
ALL = CharSet(((0, LAST),))
# What XML 1.0 can carry. Written are all but the C1 controls, which are legal and of no use to anyone.
XML = CharSet.of([(0x9, 0xA), (0xD, 0xD), (0x20, 0xD7FF), (0xE000, 0xFFFD), (0x10000, LAST)])
WRITTEN = XML - CharSet(((0x7F, 0x9F),))
# Of a class with thousands of characters these are tried: Latin letters and marks whole, some of every kind of script.
USUAL = CharSet.of(
    [
        (0x9, 0xA), (0xD, 0xD), (0x20, 0x7E), (0xA0, 0x21F), (0x300, 0x345), (0x388, 0x38A), (0x391, 0x3A1),
        (0x3A3, 0x3CE),
        (0x410, 0x44F), (0x5D0, 0x5EA), (0x621, 0x63A), (0x660, 0x669), (0x905, 0x939), (0x2010, 0x2027),
        (0x20A0, 0x20AC),
        (0x2200, 0x22F1), (0x3041, 0x3094), (0x30A1, 0x30FA), (0x4E00, 0x4EFF), (0xAC00, 0xACFF), (0xFF01, 0xFF5E),
        (0x1D400, 0x1D433), (0x1F600, 0x1F64F), (0x20000, 0x2007F),
    ]
)  # fmt: skip
SPACE = CharSet.chars("\t\n\r ")
DIGITS = CharSet(((0x30, 0x39),))
ASCII = CharSet(((0x21, 0x7E),))

# Letters that XML 1.0 has taken for name characters since its second edition, so every validator does.
_NAME_START = CharSet.of(
    [
        (0x41, 0x5A), (0x61, 0x7A), (0x5F, 0x5F), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x131), (0x134, 0x13E),
        (0x141, 0x148), (0x14A, 0x17E), (0x388, 0x38A), (0x38E, 0x3A1), (0x3A3, 0x3CE), (0x40E, 0x44F),
        (0x4E00, 0x9FA5),
    ]
)  # fmt: skip
_NAME_CHAR = _NAME_START | DIGITS | CharSet.chars("-.\xb7") | CharSet(((0x300, 0x345),))
_COLON = CharSet.chars(":")
_MAYBE_START = CharSet.of(
    [
        (0x3A, 0x3A), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x37D),
        (0x37F, 0x1FFF),
        (0x200C, 0x200D), (0x2070, 0x218F), (0x2C00, 0x2FEF), (0x3001, 0xD7FF), (0xF900, 0xFDCF), (0xFDF0, 0xFFFD),
        (0x10000, 0xEFFFF),
    ]
)  # fmt: skip
_MAYBE_CHAR = _MAYBE_START | CharSet.chars("-.0123456789\xb7") | CharSet(((0x203F, 0x2040), (0x660, 0x669)))


@dataclass(frozen=True, slots=True)
class CharClass:
    """Characters of a class in every validator (``sure``), in some validator (``possible``), and by XSD (``exact``)."""

    sure: CharSet
    possible: CharSet
    exact: CharSet

    @classmethod
    def exactly(cls, chars: CharSet) -> CharClass:
        """Return a class on which all validators agree."""
        return cls(chars, chars, chars)

    def __or__(self, other: CharClass) -> CharClass:
        return CharClass(self.sure | other.sure, self.possible | other.possible, self.exact | other.exact)

    def __invert__(self) -> CharClass:
        return CharClass(~self.possible, ~self.sure, ~self.exact)

    def __sub__(self, other: CharClass) -> CharClass:
        return CharClass(self.sure - other.possible, self.possible - other.sure, self.exact - other.exact)


_TABLED = CharSet.of(
    [(0, 0x180D), (0x180F, 0x3400), (0x4DB5, 0x4E00), (0x9FA5, 0xAC00), (0xD7A3, 0xD7FF), (0xF900, 0xFFFD)]
)


@functools.cache
def _categories() -> dict[str, CharSet]:
    """Return the characters of the basic plane by category of Unicode, if the category is the same since Unicode 3.2.

    Left out are those that Unicode's file lists as a first and a last one only: libxml2 knows nothing in between.
    """
    then, now = unicodedata.ucd_3_2_0.category, unicodedata.category
    spans: dict[str, list[tuple[int, int]]] = {}
    for point in _TABLED.points():
        category = now(chr(point))
        if category != "Cn" and then(chr(point)) == category:
            category_spans = spans.setdefault(category, [])
            if category_spans and category_spans[-1][1] == point - 1:
                category_spans[-1] = (category_spans[-1][0], point)
            else:
                category_spans.append((point, point))
    return {name: CharSet(tuple(category_spans)) for name, category_spans in spans.items()}


@functools.cache
def category(name: str) -> CharClass:
    """Return the class of a general category (``L``, ``Lu``, ``Nd``). Raises KeyError for an unknown one."""
    known = {"L": "ultmo", "M": "nce", "N": "dlo", "P": "cdseifo", "Z": "slp", "S": "mcko", "C": "cfon"}
    if not name or name[0] not in known or (len(name) > 1 and (name[1:] not in tuple(known[name[0]]))):
        raise KeyError(name)
    tables = _categories()
    sure = CharSet.of(span for key, charset in tables.items() if key.startswith(name) for span in charset.spans)
    others = CharSet.of(span for key, charset in tables.items() if not key.startswith(name) for span in charset.spans)
    return CharClass(sure, ~others, ~others)


@functools.cache
def block(name: str) -> CharClass:
    """Return the class ``\\p{IsName}`` of a block; raises KeyError for an unknown one."""
    try:
        subset = unicode_block(name)
    except (KeyError, RegexError):
        raise KeyError(name) from None
    spans = ((span, span) if isinstance(span, int) else (span[0], span[1] - 1) for span in subset.codepoints)
    return CharClass.exactly(CharSet.of(spans))


@functools.cache
def escape(letter: str) -> CharClass:
    """Return the class of a multi-character escape, one of ``i c d w s`` or its capital, which is the complement."""
    if letter.isupper():
        return ~escape(letter.lower())
    match letter:
        case "s":
            # Python's \s, which one validator uses, knows more spaces than XSD does
            maybe = CharSet.chars("\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000")
            return CharClass(SPACE, SPACE | maybe | CharSet(((0x2000, 0x200A),)), SPACE)
        case "d":
            return category("Nd")
        case "i":
            return CharClass(_NAME_START | _COLON, _MAYBE_START, _MAYBE_START)
        case "c":
            return CharClass(_NAME_CHAR | _COLON, _MAYBE_CHAR, _MAYBE_CHAR)
        case "w":
            # by XSD all but punctuation, separators and others; by Python letters, numbers and the underscore
            sure = category("L").sure | category("N").sure
            exact = ~(category("P").sure | category("Z").sure | category("C").sure)
            return CharClass(sure, exact | CharSet.chars("_"), exact)
        case _:
            raise KeyError(letter)


DOT = CharClass.exactly(~CharSet.chars("\n\r"))


@functools.cache
def _rank_table() -> dict[str, int]:
    order = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    return {char: rank for rank, char in enumerate(order)}


def simplicity(point: int) -> tuple[int, int]:
    """Return a sort key: digits, capitals, small letters, other ASCII, the rest, line ends."""
    rank = _rank_table().get(chr(point))
    if rank is not None:
        return (0, rank)
    if 0x20 < point < 0x7F:
        return (1, point)
    if point in (0x9, 0xA, 0xD):
        return (4, point)
    return (2, point)
