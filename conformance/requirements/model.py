"""What a requirement is. The catalogue itself is data: one TOML file per chapter beside this module."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from simulator.documents.model import Basis, Provenance


class Level(StrEnum):
    """How binding a requirement is: a broken *must* fails the run, a broken *should* warns."""

    MUST = "must"
    SHOULD = "should"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that a retailer must or should do.

    ``id`` is chapter and number (``PAY-03``); ``remedy`` tells the retailer's developer what to do; ``untested`` gives
    the reason when no rule judges it, ``needs`` what has to be switched on in ``[run]`` before there is anything to
    judge. Texts stand in Latvian and English.
    """

    id: str
    level: Level
    text_lv: str
    text_en: str
    remedy_lv: str
    remedy_en: str
    provenance: Provenance
    untested: str | None = None
    needs: str | None = None

    @property
    def chapter(self) -> str:
        """The letters before the hyphen."""
        return self.id.partition("-")[0]

    def fails_the_run(self, assumed_requirements: str) -> bool:
        """Whether a breach fails the run (else it warns): a *must* that is documented or inferred.

        ``assumed_requirements`` is the profile's word on what is only assumed: ``warn`` or ``fail``.
        """
        if self.level is not Level.MUST:
            return False
        return self.provenance.basis is not Basis.ASSUMED or assumed_requirements == "fail"
