"""Verdicts of the rules, as reports show them: one for each requirement, with its breaches and their evidence."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.domain.language import Bilingual, Shown

UNSTATED = Bilingual(lv="", en="")
"""The expectation of a breach whose rule leaves it to the catalogue."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The place of a breach: a journal entry, and in its document the XPath and a short excerpt."""

    entry: int | None = None
    path: str | None = None
    excerpt: str | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """One breach of a requirement: a sentence on what happened, the expectation, and where to see it.

    A rule leaves ``expected`` out where the catalogue states what the requirement expects; it is filled in before
    anyone else sees the breach.
    """

    message: Shown
    expected: Shown = UNSTATED
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of one rule on one journal.

    ``checked`` counts the checks made: the occasions on which the requirement could have been broken.
    """

    requirement: str
    checked: int
    breaches: tuple[Breach, ...] = ()
