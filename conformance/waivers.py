"""Waivers: requirements that may be broken for a while, each with its reason and the last day on which that counts.

```toml
[[waiver]]
requirement = "PAY-10"
reason = "empty months come with release 4.2"
until = 2026-12-31
```
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

from conformance.report.events import Waiver

_KEYS = ("requirement", "reason", "until")


class WaiverError(Exception):
    """The file of waivers cannot be used; says which file and waiver, what was found and expected."""


def load_waivers(path: Path, known: Iterable[str]) -> tuple[Waiver, ...]:
    """The waivers of a file; ``known`` are the ids of the catalogue. Raises WaiverError at the first thing wrong."""
    ids = tuple(known)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise WaiverError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as reason:
        raise WaiverError(f"{path}: cannot be read: {reason}; expected TOML with [[waiver]] tables") from reason
    entries = content.get("waiver", [])
    if set(content) - {"waiver"} or not isinstance(entries, list):
        raise WaiverError(f"{path}: expected [[waiver]] tables and nothing else, found {', '.join(sorted(content))}")
    waivers: dict[str, Waiver] = {}
    for place, entry in enumerate(entries, 1):
        waiver = _waiver(f"{path}: waiver {place}", entry, ids)
        if waiver.requirement in waivers:
            raise WaiverError(f"{path}: {waiver.requirement} is waived twice; keep one of them")
        waivers[waiver.requirement] = waiver
    return tuple(waivers.values())


def _waiver(where: str, entry: object, known: tuple[str, ...]) -> Waiver:
    if not isinstance(entry, dict) or set(entry) != set(_KEYS):
        found = ", ".join(sorted(entry)) if isinstance(entry, dict) else repr(entry)
        raise WaiverError(f"{where}: expected exactly {', '.join(_KEYS)}; found {found}")
    requirement, reason, until = (entry[each] for each in _KEYS)
    if requirement not in known:
        near = difflib.get_close_matches(str(requirement), known, 1)
        hint = f"; is {near[0]} meant?" if near else ""
        raise WaiverError(f"{where}: there is no requirement {requirement!r}{hint} (aldis requirements lists them)")
    if not isinstance(reason, str) or not reason.strip():
        raise WaiverError(f"{where}: reason is {reason!r}; expected a sentence that says why {requirement} is waived")
    if not isinstance(until, date) or isinstance(until, datetime):
        raise WaiverError(f"{where}: until is {until!r}; expected a date without quotation marks, like 2026-12-31")
    return Waiver(str(requirement), reason.strip(), until)
