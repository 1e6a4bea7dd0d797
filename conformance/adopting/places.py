"""What a document of a schema can hold: its elements as a tree, each with the values that stand in it.

The words by which a field is recognised in a schema's names (``words.toml``).
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
_WHOLE = 2  # letters up to which a word is no stem
_OWN, _NEAR, _FAR = 6, 3, 1


def tokens(name: str) -> tuple[str, ...]:
    """The words of a name: ``LīgumaNumurs`` as ``liguma``, ``numurs``."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
    return tuple(element.lower() for element in _WORD.findall(plain))


@functools.cache
def vocabulary() -> Mapping[str, Any]:
    """The whole file."""
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


def score(alternatives: Iterable[str], own: tuple[str, ...], around: Iterable[tuple[str, ...]]) -> int:
    """How well a name fits: of the alternatives the best one, all of whose words are found; 0 when none is.

    ``own`` are the words of the name, ``around`` those of the names that enclose it, the nearest first.
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
            found = next((place for place, each in enumerate(around) if _has(each, word)), None)
            if found is None:
                return 0
            total += _NEAR if found == 0 else _FAR
    if not in_name:
        return total // 2  # the names around speak of it, the name itself does not
    return total - (len(own) - in_name)  # a name that says more than it should fits less well


def _has(words: tuple[str, ...], wanted: str) -> bool:
    return any(word == wanted if len(wanted) <= _WHOLE else word.startswith(wanted) for word in words)


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


_DEEPEST = 12  # elements inside each other; a type that holds itself ends there
_MOST = 50_000  # elements that a document can hold in places of their own; the reconstruction has fewer than 100


@dataclass(frozen=True, slots=True)
class Place:
    """A value's place below some element: its path, the words of its name and of those around it (nearest first)."""

    path: str
    own: tuple[str, ...]
    around: tuple[tuple[str, ...], ...]
    type: Any
    order: int
    required: bool
    fixed: str | None = None

    @property
    def enumeration(self) -> tuple[str, ...]:
        """The values that the schema allows, where it lists them."""
        return tuple(str(each) for each in getattr(self.type, "enumeration", None) or ())


@dataclass(slots=True)
class Branch:
    """An element: how a path names it, whether it repeats, the values on it, the elements in it."""

    step: str
    own: tuple[str, ...]
    repeats: bool
    required: bool
    order: int
    text: Any = None
    attributes: list[tuple[str, Any, bool, str | None]] = field(default_factory=list)
    children: list[Branch] = field(default_factory=list)

    def places(self) -> Iterator[Place]:
        """The values that stand in this element once: not those of elements that repeat."""
        yield from self.below((), (), required=True)

    def below(self, path: tuple[str, ...], around: tuple[tuple[str, ...], ...], *, required: bool) -> Iterator[Place]:
        """The same as seen from an element further up, at ``path``, with the names of those around it."""
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
        """The elements in this one that repeat, with their paths."""
        for child in self.children:
            if child.repeats:
                yield "/".join((*path, child.step)), child
            else:
                yield from child.groups((*path, child.step))

    def size(self) -> int:
        """How many values stand in it, those of repeating elements too."""
        return sum(1 for _ in self.places()) + sum(each.size() for _, each in self.groups())


class Reader:
    """Reads declarations into branches; ``names`` write names with the profile's prefixes."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._order = 0

    def root(self, declaration: XsdElement) -> Branch:
        """The tree of a document element."""
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
        """An element that stands for the holder or for a sub-user by the value of an attribute, as two elements."""
        roles: Mapping[str, list[str]] = vocabulary()["roles"]
        for name, kind, needed, _ in branch.attributes if branch.repeats else ():
            written = [str(each) for each in getattr(kind, "enumeration", None) or ()]
            told = {
                role: next((each for each in written if score(words, tokens(each), ()) > 0), None)
                for role, words in roles.items()
            }
            if needed and all(told.values()):
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
                    for role, value in told.items()
                ]
        return [branch]
