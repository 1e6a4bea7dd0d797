"""Patterns: any regular expression of XSD yields strings that match it, by the word of two validators."""

from __future__ import annotations

import itertools
import random
import re

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from conformance.payloads.engine import regex, simple_types
from conformance.payloads.engine.automata import Intersection, PatternAutomaton
from conformance.payloads.engine.characters import WRITTEN
from conformance.payloads.engine.choices import Choices, ZeroSource
from conformance.payloads.engine.strings import StringsOf, tabulate

CHARS = st.sampled_from(["a", "b", "Z", "0", "9", " ", "-", "ā", "Š", r"\.", r"\-", r"\\", r"\n", r"\[", ".", "é"])
CLASSES = st.sampled_from([
    r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", r"\i", r"\I", r"\c", r"\C", r"\p{L}", r"\P{L}", r"\p{Lu}", r"\p{Nd}", r"\P{N}",
    r"\p{IsBasicLatin}", r"\p{IsLatinExtended-A}", r"\P{IsBasicLatin}", ".",
])  # fmt: skip
MEMBERS = st.one_of(
    st.sampled_from(["a", "b", "x", "0", "ā", "_", r"\-", r"\]", r"\^", r"\t"]),
    st.sampled_from(["a-f", "0-9", "A-Z", "ā-ž", " -~"]),
    st.sampled_from([r"\d", r"\s", r"\i", r"\p{Lu}", r"\w"]),
)


@st.composite
def brackets(draw: st.DrawFn) -> str:
    """A class in square brackets, with negation and subtraction."""
    inside = "".join(draw(st.lists(MEMBERS, min_size=1, max_size=4, unique=True)))
    rest = f"-{draw(brackets())}" if draw(st.integers(0, 4)) == 4 else ""
    return f"[{draw(st.sampled_from(['', '', '^']))}{inside}{rest}]"


def _quantified(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    counts = st.sampled_from(["?", "*", "+", "{2}", "{0,3}", "{1,}", "{2,4}"])
    return st.tuples(inner, counts).map(lambda pair: f"({pair[0]}){pair[1]}")


PATTERNS = st.recursive(
    st.one_of(CHARS, CLASSES, brackets()),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        _quantified(inner),
    ),
    max_leaves=8,
)


def words_of(*patterns: str, least: int = 0, most: int | None = None) -> StringsOf:
    """The strings of several patterns at once."""
    machines = [PatternAutomaton(regex.parse(pattern), WRITTEN) for pattern in patterns]
    return StringsOf(tabulate(Intersection(machines)), least, most)


def some(words: StringsOf, count: int = 12) -> set[str]:
    """Strings of many kinds: the smallest, chosen ones, and the first of all."""
    chance = random.Random(7)
    strings = {words.make(ZeroSource().choices(0))}
    strings |= {words.make(Choices(chance.randbytes(40), chance.randbytes)) for _ in range(count)}
    return strings | set(itertools.islice(words.all(), count))


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(PATTERNS)
def test_what_a_pattern_yields_matches_it(pattern: str) -> None:
    words = words_of(pattern)
    assume(not words.empty)
    assume(_taken_by_libxml2((pattern,), words))
    assert simple_types.find_rejected([(pattern,)], some(words)) is None


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(PATTERNS, PATTERNS, st.integers(0, 3), st.integers(0, 6))
def test_what_two_patterns_and_lengths_yield_keeps_them_all(one: str, other: str, least: int, more: int) -> None:
    words = words_of(one, other, least=least, most=least + more)
    assume(not words.empty)
    assume(_taken_by_libxml2((one, other), words))
    texts = some(words)
    assert all(least <= len(text) <= least + more for text in texts)
    assert simple_types.find_rejected([(one,), (other,)], texts) is None


def _taken_by_libxml2(patterns: tuple[str, ...], words: StringsOf) -> bool:
    """Return True for a pattern that generation accepts: libxml2 may reject it by a fault, xmlschema never."""
    rejected = simple_types.find_rejected([(pattern,) for pattern in patterns], simple_types.sample_texts(words))
    assert rejected is None or rejected[0] == "libxml2"
    return rejected is None


def test_faults_of_libxml2_are_few() -> None:
    refused, looked_at = [], 0

    @settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(PATTERNS)
    def look(pattern: str) -> None:
        nonlocal looked_at
        words = words_of(pattern)
        if not words.empty:
            looked_at += 1
            if not _taken_by_libxml2((pattern,), words):
                refused.append(pattern)

    look()
    assert looked_at > 90
    assert len(refused) < looked_at / 30, refused


@pytest.mark.parametrize(
    ("patterns", "least", "most", "empty"),
    [
        (("a*", "b*"), 0, None, False),
        (("a+", "b+"), 0, None, True),
        (("(aa)*", "(aaa)+"), 0, 5, True),
        (("(aa)*", "(aaa)+"), 0, 6, False),
        (("(a{7})+", "(a{11})+"), 1, None, False),
        (("(a{7})+", "(a{11})+"), 1, 76, True),
        (("[a-z-[aeiou]]{3}", "[aeiou]*"), 0, None, True),
        ((".*a.*", ".*b.*", ".*c.*"), 0, 2, True),
        ((".*a.*", ".*b.*", ".*c.*"), 0, 3, False),
        ((r"\p{Lu}", "[a-z]"), 0, None, True),
        (("a{500,}",), 0, 499, True),
    ],
)
def test_emptiness_is_decided_exactly(patterns: tuple[str, ...], least: int, most: int | None, empty: bool) -> None:
    assert words_of(*patterns, least=least, most=most).empty is empty


def test_all_strings_come_once_and_the_simplest_first() -> None:
    assert list(words_of("[ab]{0,2}").all()) == ["", "a", "b", "aa", "ab", "ba", "bb"]
    assert list(words_of("a|b|aa|(a|b)")._table.edges) != []
    assert list(words_of("(a|b)?c{1,2}", least=2).all()) == ["ac", "bc", "cc", "acc", "bcc"]


def test_the_edges_of_a_length_are_reached() -> None:
    words = words_of(r"\p{L}+", least=1, most=50)
    chance = random.Random(3)
    lengths = [len(words.make(Choices(chance.randbytes(80), chance.randbytes))) for _ in range(400)]
    assert lengths.count(1) >= 10
    assert lengths.count(50) >= 10


def test_latvian_letters_are_reached() -> None:
    words = words_of(r"\p{L}+", least=1, most=50)
    chance = random.Random(3)
    seen = set("".join(words.make(Choices(chance.randbytes(80), chance.randbytes)) for _ in range(3000)))
    assert set("āčēģīķļņšūžĀČĒĢĪĶĻŅŠŪŽ") <= seen


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(a", "is not closed"), ("a)", "has no opening bracket"), ("a{3,1}", "counts down"), ("[z-a]", "has no end after it"),
        ("*a", "stands where a character is expected"), (r"\q", "is no escape of XSD"), (r"\p{Xx}", "no category or block"),
        ("[]", "an empty class"), ("a**", "follows a quantifier"), ("a{x}", "is not a count"), ("[a", "ends too early"),
        (r"\p{L", "a name in braces"), ("a{99999}", "more than 20000 characters"), ("(" * 200 + ")" * 200, "more than 100 brackets"),
    ],
)  # fmt: skip
def test_what_is_no_pattern_is_told(pattern: str, words: str) -> None:
    with pytest.raises(regex.RegexProblem, match=re.escape(words)):
        regex.parse(pattern)


def test_anchors_are_characters() -> None:
    assert list(words_of("^a$").all()) == ["^a$"]
