"""What rules give: for each requirement, how often it could be judged and what was found wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.rules.evidence import Case


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a finding can be seen: a journal entry, and in its document the XPath and a short excerpt."""

    entry: int | None = None
    path: str | None = None
    excerpt: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of one requirement: what happened, what was expected (in English and in Latvian), where to see it."""

    requirement: str
    message_lv: str
    message_en: str
    expected: str
    evidence: tuple[Evidence, ...] = ()
    expected_lv: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule says of one journal. ``checked`` counts the occasions on which the requirement could be broken."""

    requirement: str
    checked: int
    findings: tuple[Finding, ...] = ()


Rule = Callable[["Case"], Verdict]
"""A pure function of a case: the journal, the world and the profile that the traffic was made under."""
