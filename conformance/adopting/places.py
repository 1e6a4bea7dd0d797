"""Elements and values of a document as its schema declares them, and how well their names match a field.

``words.toml`` has the words by which fields are recognised.
"""

from __future__ import annotations

import functools
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xmlschema.validators import XsdElement

from conformance.adopting.folder import AdoptionError
from simulator.documents.element_names import Names
from simulator.documents.explaining import child_declarations

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_WHOLE = 2  # letters; up to this length a word must match as a whole, a longer one as a stem
_OWN, _NEAR, _FAR = 6, 3, 1  # points for a word of the name, of the next name around it, of one further out
_DEEPEST = 12  # levels of nested elements; a recursive type ends there
_MOST = 50_000  # elements of a document; the reconstruction has fewer than 100


def tokens(name: str) -> tuple[str, ...]:
    """Return the words of a name without diacritics: ``LīgumaNumurs`` as ``liguma``, ``numurs``."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return tuple(word.lower() for word in _WORD.findall(plain))


@functools.cache
def vocabulary() -> Mapping[str, Any]:
    """Return the content of words.toml."""
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


def score(alternatives: Iterable[str], own: tuple[str, ...], around: Iterable[tuple[str, ...]]) -> int:
    """Return the points of a name for the best of the alternatives; 0 when it matches none.

    An alternative matches when every word of it is in the name or in a name around it. ``own`` are the words of the
    name, ``around`` those of the names that enclose it, the nearest first.
    """
    context = list(around)
    return max((_score(alternative.split(), own, context) for alternative in alternatives), default=0)


def _score(wanted: list[str], own: tuple[str, ...], around: list[tuple[str, ...]]) -> int:
    total = in_name = 0
    for word in wanted:
        if _has(own, word):
            total += _OWN
            in_name += 1
        else:
            distance = next((distance for distance, name in enumerate(around) if _has(name, word)), None)
            if distance is None:
                return 0
            total += _NEAR if distance == 0 else _FAR
    if not in_name:
        return total // 2  # only the names around match, not the name itself
    return total - (len(own) - in_name)  # further words in the name cost points


def _has(words: tuple[str, ...], wanted: str) -> bool:
    return any(word == wanted if len(wanted) <= _WHOLE else word.startswith(wanted) for word in words)


def choose(words: Mapping[str, Iterable[str]], written: Iterable[str]) -> dict[str, str]:
    """Return the written value of each value of the domain; values that match no word are left out."""
    rest = list(written)
    ranked = sorted(
        (
            (score(alternatives, tokens(word), ()), value, word)
            for value, alternatives in words.items()
            for word in rest
        ),
        key=lambda candidate: -candidate[0],
    )
    chosen: dict[str, str] = {}
    for points, value, word in ranked:
        if points > 0 and value not in chosen and word not in chosen.values():
            chosen[value] = word
    return chosen


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a value below an element: its path, the words of its name and of those around it (nearest first)."""

    path: str
    own: tuple[str, ...]
    around: tuple[tuple[str, ...], ...]
    type: Any
    order: int
    required: bool
    fixed: str | None = None

    @property
    def enumeration(self) -> tuple[str, ...]:
        """Values that the schema allows, where it lists them."""
        return tuple(str(value) for value in getattr(self.type, "enumeration", None) or ())


@dataclass(slots=True)
class Branch:
    """An element: its step in a path, its occurrence, its own values, and the elements in it."""

    step: str
    own: tuple[str, ...]
    repeats: bool
    required: bool
    order: int
    text: Any = None
    attributes: list[tuple[str, Any, bool, str | None]] = field(default_factory=list)
    children: list[Branch] = field(default_factory=list)

    def places(self) -> Iterator[Place]:
        """Yield the places of values that occur once in this element, so not those in repeating elements."""
        yield from self.below((), (), required=True)

    def below(self, path: tuple[str, ...], around: tuple[tuple[str, ...], ...], *, required: bool) -> Iterator[Place]:
        """Yield the places of this element, at ``path`` below an outer one, with the names of those around it."""
        inside = (self.own, *around)
        if self.text is not None:
            yield Place("/".join(path) or ".", self.own, around, self.text, self.order, required)
        for name, kind, needed, fixed in self.attributes:
            yield Place(
                "/".join((*path, f"@{name}")), tokens(name), inside, kind, self.order, required and needed, fixed
            )
        for child in self.children:
            if not child.repeats:
                yield from child.below((*path, child.step), inside, required=required and child.required)

    def groups(self, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Branch]]:
        """Yield the repeating elements in this one, with their paths."""
        for child in self.children:
            if child.repeats:
                yield "/".join((*path, child.step)), child
            else:
                yield from child.groups((*path, child.step))

    def size(self) -> int:
        """Return the number of values in this element, those of repeating elements included."""
        return sum(1 for _ in self.places()) + sum(group.size() for _, group in self.groups())


class Reader:
    """Reader of declarations as branches; ``names`` gives names the profile's prefixes."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._order = 0

    def root(self, declaration: XsdElement) -> Branch:
        """Return a document element with the elements in it."""
        (branch,) = self._read(declaration, 0, repeats=False)
        return branch

    def _read(self, declaration: XsdElement, depth: int, *, repeats: bool) -> list[Branch]:
        self._order += 1
        if self._order > _MOST:
            raise AdoptionError(
                f"{declaration.name} is one of more than {_MOST} elements, each in a place of its own, that a document "
                "of the schema can hold; look for types that hold each other many times over"
            )
        name = self._names.name(str(declaration.name))
        branch = Branch(
            step=name,
            own=tokens(name.rpartition(":")[2]),
            repeats=repeats or declaration.max_occurs is None or declaration.max_occurs > 1,
            required=bool(declaration.min_occurs),
            order=self._order,
            text=declaration.type.simple_type,
            attributes=[
                (
                    self._names.name(key),
                    attribute.type,
                    getattr(attribute, "use", "") == "required",
                    getattr(attribute, "fixed", None),
                )
                for key, attribute in declaration.attributes.items()
                if key
            ],
        )
        if depth < _DEEPEST:
            for child in child_declarations(declaration):
                branch.children += self._read(child, depth + 1, repeats=False)
        return self._by_role(branch)

    def _by_role(self, branch: Branch) -> list[Branch]:
        """Return two elements for one that is the holder or a sub-user by the value of an attribute."""
        roles: Mapping[str, list[str]] = vocabulary()["roles"]
        for name, kind, needed, _ in branch.attributes if branch.repeats else ():
            written = [str(value) for value in getattr(kind, "enumeration", None) or ()]
            value_of_role = {
                role: next((value for value in written if score(words, tokens(value), ()) > 0), None)
                for role, words in roles.items()
            }
            if needed and all(value_of_role.values()):
                return [
                    Branch(
                        step=f"{branch.step}[@{name}='{value}']",
                        own=(*branch.own, *tokens(str(value))),
                        repeats=role != "holder",
                        required=role == "holder",
                        order=branch.order,
                        text=branch.text,
                        attributes=[attribute for attribute in branch.attributes if attribute[0] != name],
                        children=branch.children,
                    )
                    for role, value in value_of_role.items()
                ]
        return [branch]
