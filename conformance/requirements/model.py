"""What a requirement is. The catalogue itself is data: one TOML file per chapter beside this module."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from simulator.documents.model import Provenance


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
    text_lv: str
    text_en: str
    remedy_lv: str
    remedy_en: str
    provenance: Provenance
    expected_lv: str = ""
    expected_en: str = ""
    untested: str | None = None
    needs: str | None = None

    @property
    def chapter(self) -> str:
        """The letters before the hyphen."""
        return self.id.partition("-")[0]

    @property
    def basis(self) -> str:
        """How well the requirement is known: ``documented``, ``inferred`` or ``assumed``."""
        return self.provenance.basis.value
