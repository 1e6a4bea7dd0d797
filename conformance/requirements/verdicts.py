"""What rules decide and reports show: a verdict on each requirement, with its breaches and their evidence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a breach can be seen: a journal entry, and in its document the XPath and a short excerpt."""

    entry: int | None = None
    path: str | None = None
    excerpt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One breach of a requirement: what happened and what was expected, in English and Latvian, and where to see it.

    A rule leaves ``expected`` and ``expected_lv`` empty where the catalogue states what the requirement expects; they
    are filled in before anyone else sees the breach.
    """

    en: str
    lv: str
    expected: str = ""
    expected_lv: str = ""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of one rule on one journal.

    ``checked`` counts the checks made: the occasions on which the requirement could have been broken.
    """

    requirement: str
    checked: int
    breaches: tuple[Breach, ...] = ()
