"""Waivers: requirements that may be broken for a while, each with its reason and the last day on which it counts.

```toml
[[waiver]]
requirement = "PAY-10"
reason = "empty months come with release 4.2"
until = 2026-12-31
```
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated

from simulator.settings import Check, KeyPath, SettingsFile, Text, did_you_mean, structure


@dataclass(frozen=True, slots=True)
class Waiver:
    """A requirement that may be broken for a while: why, and until which day (included)."""

    requirement: Text
    reason: Annotated[str, Check("a sentence that says why the requirement is waived", str.strip, {"pattern": r"\S"})]
    until: date

    def expired(self, on: date) -> bool:
        """Tell if the waiver no longer counts. A run asks with the day (UTC) on which it started."""
        return self.until < on


@dataclass(frozen=True, slots=True)
class WaiverFile:
    """A file of waivers."""

    waiver: tuple[Waiver, ...] = ()


def load_waivers(path: Path, known: Iterable[str]) -> tuple[Waiver, ...]:
    """Read a file of waivers; ``known`` are the ids of the catalogue. Raises SettingsError with all its mistakes."""
    known_ids = tuple(known)
    file = SettingsFile.open(path)
    waivers = structure(file, file.table, WaiverFile).waiver
    problems: list[tuple[KeyPath, str]] = []
    seen: set[str] = set()
    for index, waiver in enumerate(waivers):
        name = waiver.requirement
        if name not in known_ids:
            advice = did_you_mean(name, known_ids) or "; `aldis requirements` lists them"
            problems.append((("waiver", index, "requirement"), f"there is no requirement {name}{advice}"))
        if name in seen:
            problems.append((("waiver", index, "requirement"), f"{name} is waived twice; keep one of them"))
        seen.add(name)
    if problems:
        raise file.error(problems)
    return tuple(replace(waiver, reason=waiver.reason.strip()) for waiver in waivers)
