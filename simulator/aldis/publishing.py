"""A month's decisions as the national list: a part for every retailer, also an empty one.

Decisions are taken one after another, written and forgotten: neither they nor the list are ever whole in memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from simulator.aldis.decisions import Decision, document_id
from simulator.aldis.journaling import decided
from simulator.documents.model import ChannelName, DiscountRecord, Document, Header, Period
from simulator.documents.profile import Profile
from simulator.documents.writing import document_parts, national_frame, write_document
from simulator.store.incoming import Incoming
from simulator.world import Retailer

AT_ONCE = 500
"""Decisions that are written at a time."""
TOLD_AT_MOST = 1000
"""Decisions of a month that the journal's entry itself lists; of more it names a blob."""


@dataclass(slots=True)
class Part:
    """One retailer's part in the making: its records, written but for the document around them."""

    records: Incoming
    count: int = 0
    first: DiscountRecord | None = None


@dataclass(slots=True)
class Published:
    """A month's list and what was decided, as files to be adopted. ``told`` is the decisions when they are few."""

    national: Incoming
    lines: Incoming
    decisions: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    told: list[dict[str, Any]] | None = field(default_factory=list)


class Publisher:
    """Writes one month's list; close it when its files have been adopted."""

    def __init__(
        self,
        profile: Profile,
        retailers: tuple[Retailer, ...],
        period: Period,
        created_at: datetime,
        begin: Callable[[], Incoming],
        scratch: Callable[[], Incoming],
    ) -> None:
        """``retailers`` get a part each; ``begin`` begins a file that is kept, ``scratch`` one that is not."""
        self._profile = profile
        self._period = period
        self._created_at = created_at
        self._files = ExitStack()
        self._published = Published(self._file(begin), self._file(begin))
        self._parts = {each.registration_number: Part(self._file(scratch)) for each in retailers}

    def __enter__(self) -> Publisher:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    @property
    def first_records(self) -> Mapping[str, DiscountRecord | None]:
        """The first record of each retailer's part so far, by registration number."""
        return {provider: part.first for provider, part in self._parts.items()}

    def take(self, provider: str, decisions: Iterable[Decision]) -> Iterator[Decision]:
        """Write a retailer's decisions, in their order, and give each on once it is written."""
        part = self._parts.get(provider)
        waiting = iter(decisions)
        while some := tuple(islice(waiting, AT_ONCE)):
            self._tell(some)
            if part is not None:
                self._write(provider, part, tuple(each.record for each in some))
            yield from some

    def publish(self, more: Mapping[str, DiscountRecord]) -> Published:
        """Finish the list; ``more`` are records that a part gets in addition, by registration number."""
        published = self._published
        for provider, record in more.items():
            self._write(provider, self._parts[provider], (record,))
        frame = national_frame(tuple(self._parts), self._profile)
        published.national.write(frame[0])
        for (provider, part), after in zip(self._parts.items(), frame[1:], strict=True):
            for piece in self._document(provider, part):
                published.national.write(piece)
            published.national.write(after)
            published.counts[provider] = part.count
        published.national.finish()
        published.lines.finish()
        return published

    def _file(self, begin: Callable[[], Incoming]) -> Incoming:
        return self._files.enter_context(begin())

    def _tell(self, some: tuple[Decision, ...]) -> None:
        published = self._published
        lines = [decided(each) for each in some]
        published.lines.write("".join([f"{each}\n" for each in lines]).encode())
        published.decisions += len(lines)
        if published.decisions > TOLD_AT_MOST:
            published.told = None
        if published.told is not None:
            published.told += map(json.loads, lines)

    def _write(self, provider: str, part: Part, records: tuple[DiscountRecord, ...]) -> None:
        _, body, between, _ = document_parts(self._whole(provider, part.count, records), self._profile)
        part.records.write(between + body if part.count else body)
        part.first = part.first or records[0]
        part.count += len(records)

    def _document(self, provider: str, part: Part) -> Iterator[bytes]:
        part.records.finish()
        if part.first is None:
            yield _inside(write_document(self._whole(provider, 0, ()), self._profile)).rstrip()
            return
        # Only now is it known how many records there are, which the header says.
        before, _, _, after = document_parts(self._whole(provider, part.count, (part.first,)), self._profile)
        yield _inside(before)
        yield from part.records.pieces()
        yield after.rstrip()

    def _whole(self, provider: str, count: int, records: tuple[DiscountRecord, ...]) -> Document:
        header = Header(
            document_id=document_id(provider, self._period),
            provider=provider,
            created_at=self._created_at,
            period=self._period,
            record_count=count,
        )
        return Document(ChannelName.DISCOUNT, header, records)


def _inside(document: bytes) -> bytes:
    """A document as it stands inside of another: without its declaration."""
    return document[document.index(b"?>") + 2 :].lstrip() if document.startswith(b"<?xml") else document
