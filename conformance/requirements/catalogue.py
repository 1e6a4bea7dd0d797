"""Reads the catalogue of requirements: the TOML files beside this module, one per chapter."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TypeVar

from conformance.requirements.model import Level, Requirement
from simulator.documents.model import Basis, Provenance

CHAPTERS = ("XML", "DIT", "SEC", "FTP", "CON", "DIS", "PAY", "CAL", "ERR", "PRI", "DRV")
"""The chapters in the order in which a document travels; each is a file of that name in lower case."""

_TEXTS = ("text_lv", "text_en", "remedy_lv", "remedy_en", "source")
NEEDS = {
    "security": 'security = "off" in [run] of retailer.toml: with username or certificate it is tested',
    "soap": 'transport = "ftps" in [run] of retailer.toml, or nobody called by SOAP: the FTP chapter is judged',
    "ftps": 'transport = "soap" in [run] of retailer.toml, or nobody came by FTPS: with ftps it is tested',
}
"""What a requirement may need, and why it is not tested without."""
_OPTIONAL_TEXTS = ("expected_lv", "expected_en")
_KEYS = {"id", "level", "basis", "untested", "needs", *_TEXTS, *_OPTIONAL_TEXTS}
_Choice = TypeVar("_Choice", Level, Basis)
_ID = re.compile(r"[A-Z]{3}-\d{2}", re.ASCII)


class CatalogueError(Exception):
    """The catalogue cannot be read; says in which file, at which requirement, what was expected."""


def load(directory: Path | None = None) -> tuple[Requirement, ...]:
    """Return all requirements, chapter by chapter.

    ``directory`` holds the files of the chapters, by default the ones that come with the suite, which are read once a
    process. Raises CatalogueError when a file is missing or unreadable, when a requirement lacks a key or has one too
    many, or an id stands twice.
    """
    return _bundled() if directory is None else _read(directory)


@cache
def _bundled() -> tuple[Requirement, ...]:
    return _read(Path(__file__).parent)


def _read(folder: Path) -> tuple[Requirement, ...]:
    found: dict[str, Requirement] = {}
    for chapter in CHAPTERS:
        path = folder / f"{chapter.lower()}.toml"
        for requirement in _chapter(path, chapter):
            if requirement.id in found:
                raise CatalogueError(f"{path}: {requirement.id} stands twice; give the second one a number of its own")
            found[requirement.id] = requirement
    return tuple(found.values())


def _chapter(path: Path, chapter: str) -> list[Requirement]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as reason:
        raise CatalogueError(f"{path}: the file of chapter {chapter} is missing") from reason
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as reason:
        raise CatalogueError(f"{path}: cannot be read: {reason}") from reason
    entries = content.get("requirement")
    if not isinstance(entries, list) or not entries or set(content) != {"requirement"}:
        raise CatalogueError(f"{path}: expected [[requirement]] tables and nothing else")
    return [_requirement(path, chapter, place, entry) for place, entry in enumerate(entries, 1)]


def _requirement(path: Path, chapter: str, place: int, entry: object) -> Requirement:
    where = f"{path}: requirement {place}"
    if not isinstance(entry, Mapping):
        raise CatalogueError(f"{where}: expected a table")
    identifier = entry.get("id")
    if not isinstance(identifier, str) or not _ID.fullmatch(identifier) or not identifier.startswith(f"{chapter}-"):
        raise CatalogueError(f"{where}: id is {identifier!r}; expected {chapter}- and two digits, like {chapter}-01")
    where = f"{path}: {identifier}"
    unknown = set(entry) - _KEYS
    if unknown:
        raise CatalogueError(f"{where}: unknown key {min(unknown)!r}; known are {', '.join(sorted(_KEYS))}")
    texts = {key: _text(where, key, entry.get(key)) for key in _TEXTS}
    source = texts.pop("source")
    given = {key for key in _OPTIONAL_TEXTS if key in entry}
    if given and given != set(_OPTIONAL_TEXTS):
        raise CatalogueError(f"{where}: {given.pop()} stands alone; give {' and '.join(_OPTIONAL_TEXTS)}, or neither")
    texts |= {key: _text(where, key, entry[key]) for key in given}
    untested, needs = entry.get("untested"), entry.get("needs")
    if needs is not None and needs not in NEEDS:
        raise CatalogueError(f"{where}: needs is {needs!r}; known are {', '.join(sorted(NEEDS))}")
    return Requirement(
        id=identifier,
        level=_choice(where, "level", entry.get("level"), Level),
        provenance=Provenance(_choice(where, "basis", entry.get("basis"), Basis), source),
        untested=None if untested is None else _text(where, "untested", untested),
        needs=needs,
        **texts,
    )


def _text(where: str, key: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise CatalogueError(f"{where}: {key} is {value!r}; expected a sentence")
    return value.strip()


def _choice(where: str, key: str, value: object, kind: type[_Choice]) -> _Choice:
    for each in kind:
        if each.value == value:
            return each
    raise CatalogueError(f"{where}: {key} is {value!r}; expected one of {', '.join(each.value for each in kind)}")
