"""The journal: the append-only record of all that happens between a retailer and the simulated state.

``entries`` has the types, ``kept`` reads and writes journals, ``audit`` derives DIT's audit records. Code that must not
depend on the store, such as the rules, imports from ``simulator.journal.entries``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.journal.entries import (
    DECIDED,
    Entry,
    Journal,
    JournalError,
    Json,
    Kind,
    Outcome,
    blob_references,
    decisions_of,
    wall_now,
)

if TYPE_CHECKING:
    from simulator.journal.kept import (
        BLOB_FOLDER,
        LINES_FILE,
        FolderJournal,
        StoredJournal,
        append,
        write_folder,
    )

__all__ = [
    "BLOB_FOLDER",
    "DECIDED",
    "LINES_FILE",
    "Entry",
    "FolderJournal",
    "Journal",
    "JournalError",
    "Json",
    "Kind",
    "Outcome",
    "StoredJournal",
    "append",
    "blob_references",
    "decisions_of",
    "wall_now",
    "write_folder",
]


def __getattr__(name: str) -> Any:
    """Import the names of ``kept`` on first use, so that the types alone do not load the database."""
    if name in __all__:
        from simulator.journal import kept  # noqa: PLC0415

        globals()[name] = value = getattr(kept, name)
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
