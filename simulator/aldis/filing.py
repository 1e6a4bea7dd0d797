"""The documents that ALDIS has received, each filed once under its sender and document id."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from simulator.documents.identity import document_key
from simulator.documents.model import ChannelName, Period

_MANY = 1000


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record of a document that was not taken: its position, counted from 1 (None: the whole document), and why."""

    position: int | None
    code: str


@dataclass(frozen=True, slots=True)
class Filed:
    """A received document. ``sequence`` counts documents; ``place`` is the sequence that its records stand at in the
    order of things: its own, or that of the document which it replaces. ``accepted`` are positions from 1.
    """

    provider: str
    document_id: str
    channel: ChannelName
    period: Period
    sequence: int
    place: int
    arrived: datetime
    message: str
    blob: str
    accepted: Sequence[int] = ()
    refused: tuple[Refusal, ...] = ()
    corrects: str | None = None
    replaced_by: str | None = None


def positions(found: Iterable[int]) -> Sequence[int]:
    """Positions in order, so kept that those of a large document without gaps take no room."""
    ordered = sorted(found)
    if len(ordered) > _MANY:
        if ordered[-1] - ordered[0] == len(ordered) - 1:
            return range(ordered[0], ordered[-1] + 1)
        return array("I", ordered)
    return tuple(ordered)


class Files:
    """Filed documents, found by sender and document id (compared without regard to case, as GUIDs are)."""

    def __init__(self) -> None:
        self._files: dict[tuple[str, str], Filed] = {}
        self._last = 0

    def next_sequence(self) -> int:
        """The sequence of the document that comes next."""
        return self._last + 1

    def find(self, provider: str, document_id: str) -> Filed | None:
        """The document of a retailer, None when it was never received."""
        return self._files.get((provider, document_key(document_id)))

    def add(self, filed: Filed) -> None:
        """File a document, and mark the one that it replaces."""
        self._files[filed.provider, document_key(filed.document_id)] = filed
        self._last = max(self._last, filed.sequence)
        if filed.corrects is not None:
            earlier = self.find(filed.provider, filed.corrects)
            if earlier is not None:
                key = (earlier.provider, document_key(earlier.document_id))
                self._files[key] = replace(earlier, replaced_by=filed.document_id)

    def standing(self, provider: str, channel: ChannelName) -> Iterator[Filed]:
        """A retailer's documents of a channel that nothing replaced, as they came in."""
        for filed in self._files.values():
            if filed.provider == provider and filed.channel is channel and filed.replaced_by is None:
                yield filed
