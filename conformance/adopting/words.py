"""The words by which a field is recognised in a schema's names (``words.toml``)."""

from __future__ import annotations

import functools
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_WHOLE = 2  # letters up to which a word is no stem
_OWN, _NEAR, _FAR = 6, 3, 1


def tokens(name: str) -> tuple[str, ...]:
    """The words of a name: ``LīgumaNumurs`` as ``liguma``, ``numurs``."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
    return tuple(each.lower() for each in _WORD.findall(plain))


@functools.cache
def vocabulary() -> Mapping[str, Any]:
    """The whole file."""
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


def score(alternatives: Iterable[str], own: tuple[str, ...], around: Iterable[tuple[str, ...]]) -> int:
    """How well a name fits: of the alternatives the best one, all of whose words are found; 0 when none is.

    ``own`` are the words of the name, ``around`` those of the names that enclose it, the nearest first.
    """
    context = list(around)
    return max((_score(each.split(), own, context) for each in alternatives), default=0)


def _score(wanted: list[str], own: tuple[str, ...], around: list[tuple[str, ...]]) -> int:
    total = in_name = 0
    for word in wanted:
        if _has(own, word):
            total += _OWN
            in_name += 1
        else:
            found = next((place for place, each in enumerate(around) if _has(each, word)), None)
            if found is None:
                return 0
            total += _NEAR if found == 0 else _FAR
    if not in_name:
        return total // 2  # the names around speak of it, the name itself does not
    return total - (len(own) - in_name)  # a name that says more than it should fits less well


def _has(words: tuple[str, ...], wanted: str) -> bool:
    return any(each == wanted if len(wanted) <= _WHOLE else each.startswith(wanted) for each in words)


def choose(words: Mapping[str, Iterable[str]], written: Iterable[str]) -> dict[str, str]:
    """Which written value stands for which value of the domain; those that no word tells are left out."""
    rest = list(written)
    ranked = sorted(
        (
            (score(alternatives, tokens(each), ()), value, each)
            for value, alternatives in words.items()
            for each in rest
        ),
        key=lambda each: -each[0],
    )
    found: dict[str, str] = {}
    for points, value, each in ranked:
        if points > 0 and value not in found and each not in found.values():
            found[value] = each
    return found
