"""The append-only record of everything that happened between the retailer and the state.

``entries`` has the types, ``kept`` reads and writes journals. Code that must not reach the store, such as the rules,
imports from ``simulator.journal.entries``.
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
    decided,
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
    "decided",
    "wall_now",
    "write_folder",
]


def __getattr__(name: str) -> Any:
    """Import what is kept in a store or a folder when it is first used: the types alone need no database."""
    if name in __all__:
        from simulator.journal import kept  # noqa: PLC0415

        globals()[name] = found = getattr(kept, name)
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
