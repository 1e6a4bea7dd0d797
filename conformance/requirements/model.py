"""What a requirement is. The catalogue itself is data: one TOML file per chapter beside this module."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from simulator.domain.provenance import Provenance
from simulator.settings import Convert


def _stripped(text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise ValueError(text)
    return text.strip()


Sentence = Annotated[str, Convert("a sentence", _stripped, {"type": "string", "pattern": r"\S"})]


class Level(StrEnum):
    """How binding a requirement is: a broken *must* fails the run, a broken *should* warns."""

    MUST = "must"
    SHOULD = "should"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that a retailer must or should do.

    ``id`` is chapter and number (``PAY-03``); ``remedy`` tells the retailer's developer what to do. ``expected`` is
    what a breach shows as expected where that is always the same, and empty where it depends on the traffic.
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
        """How well the requirement is known: ``documented``, ``inferred`` or ``assumed``."""
        return self.provenance.basis.value
