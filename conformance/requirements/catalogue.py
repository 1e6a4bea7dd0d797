"""Requirements, and their catalogue: the TOML files beside this module, one per chapter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated

from simulator.domain.provenance import Provenance
from simulator.settings import Check, Convert, KeyPath, SettingsFile, did_you_mean, shown, structure


def _stripped(text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise ValueError(text)
    return text.strip()


Sentence = Annotated[str, Convert("a sentence", _stripped, {"type": "string", "pattern": r"\S"})]


class Level(StrEnum):
    """The strictness of a requirement: a broken *must* fails the run, a broken *should* warns."""

    MUST = "must"
    SHOULD = "should"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that a retailer must or should do.

    ``id`` is chapter and number (``PAY-03``); ``remedy`` tells the retailer's developer what to do. ``expected`` is
    the expectation that a breach shows where it is always the same, and empty where it depends on the traffic.
    ``untested`` gives the reason when no rule judges the requirement, ``needs`` what has to be switched on in ``[run]``
    before there is anything to judge. Texts stand in Latvian and English.
    """

    id: str
    level: Level
    text_lv: Sentence
    text_en: Sentence
    remedy_lv: Sentence
    remedy_en: Sentence
    provenance: Provenance
    expected_lv: Sentence = ""
    expected_en: Sentence = ""
    untested: Sentence | None = None
    needs: str | None = None

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the expectation that stands in one language only."""
        if bool(self.expected_lv) != bool(self.expected_en):
            alone = "expected_lv" if self.expected_lv else "expected_en"
            yield alone, "stands alone; give expected_lv and expected_en, or neither"

    @property
    def chapter(self) -> str:
        """The letters before the hyphen."""
        return self.id.partition("-")[0]

    @property
    def basis(self) -> str:
        """The certainty of the requirement: ``documented``, ``inferred`` or ``assumed``."""
        return self.provenance.basis.value


CHAPTERS = ("XML", "DIT", "SEC", "FTP", "CON", "DIS", "PAY", "CAL", "ERR", "PRI", "DRV")
"""The chapters in the order in which a document travels; each is a file of that name in lower case."""

NEEDS = {
    "security": 'security = "off" in [run] of retailer.toml: with username or certificate it is tested',
    "soap": 'transport = "ftps" in [run] of retailer.toml, or nobody called by SOAP: the FTP chapter is judged',
    "ftps": 'transport = "soap" in [run] of retailer.toml, or nobody came by FTPS: with ftps it is tested',
}
"""The needs that a requirement may have, each with the reason why it is not tested without."""

_Chapter = Annotated[
    tuple[Requirement, ...], Check("tables, each headed [[requirement]]; at least one", bool, {"minItems": 1})
]


@dataclass(frozen=True, slots=True)
class ChapterFile:
    """The file of a chapter: nothing but ``[[requirement]]`` tables."""

    requirement: _Chapter


def load(directory: Path | None = None) -> tuple[Requirement, ...]:
    """Return all requirements, chapter by chapter.

    ``directory`` holds the files of the chapters, by default the ones that come with the suite, which are read once a
    process. Raises SettingsError when a file is missing or unreadable, with all that is wrong in it.
    """
    return _bundled() if directory is None else _read(directory)


@cache
def _bundled() -> tuple[Requirement, ...]:
    return _read(Path(__file__).parent)


def _read(folder: Path) -> tuple[Requirement, ...]:
    requirements: dict[str, Requirement] = {}
    for chapter in CHAPTERS:
        path = folder / f"{chapter.lower()}.toml"
        file = SettingsFile.open(path, if_missing=f"it is the file of chapter {chapter}")
        chapter_requirements = structure(file, file.table, ChapterFile).requirement
        problems = list(_problems(chapter, chapter_requirements))
        if problems:
            raise file.error(problems)
        requirements |= {requirement.id: requirement for requirement in chapter_requirements}
    return tuple(requirements.values())


def _problems(chapter: str, requirements: tuple[Requirement, ...]) -> Iterator[tuple[KeyPath, str]]:
    """Ids of another chapter or that stand twice, and needs that no run can have."""
    seen: set[str] = set()
    for index, requirement in enumerate(requirements):
        path: KeyPath = ("requirement", index)
        if re.fullmatch(rf"{chapter}-[0-9]{{2}}", requirement.id) is None:
            reason = f"found {shown(requirement.id)}; expected {chapter}- and two digits, like {chapter}-01"
            yield (*path, "id"), reason
        if requirement.id in seen:
            yield (*path, "id"), f"{requirement.id} stands twice; give the second one a number of its own"
        seen.add(requirement.id)
        if requirement.needs is not None and requirement.needs not in NEEDS:
            reason = f"found {shown(requirement.needs)}; known are {', '.join(sorted(NEEDS))}"
            yield (*path, "needs"), reason + did_you_mean(requirement.needs, NEEDS)
