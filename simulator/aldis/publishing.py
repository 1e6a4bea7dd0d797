"""Output of ALDIS: the details of its journal entries, and the national list of a month's decisions.

The functions return the details of an entry as docs/reference/journal.md lists them. ``Publisher`` writes the national
list, with a part for every retailer, even an empty one. It takes decisions one after another, so that neither they nor
the list are ever whole in memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from simulator.aldis.decisions import Decision, document_id
from simulator.aldis.intake import Outcome
from simulator.aldis.rates import ReasonKind
from simulator.aldis.reconciliation import Reconciliation
from simulator.dit.model import MailboxMessage
from simulator.documents.profile import ChannelProfile, Profile
from simulator.documents.writing import document_parts, national_frame, write_document
from simulator.domain.model import ChannelName, DiscountRecord, Document, ErrorReport, Header, Period, RecordError
from simulator.journal import DECIDED, Json
from simulator.store.incoming import Incoming
from simulator.world.model import Retailer, World

BATCH = 500
"""Number of decisions that are written at a time."""
LISTED_AT_MOST = 1000
"""Most decisions of a month that the journal entry itself lists; for more decisions it names a blob."""

_text = json.JSONEncoder(ensure_ascii=False).encode


def intake(document: Document, outcome: Outcome, event: str | None, message: MailboxMessage) -> dict[str, Json]:
    """Return the details of the intake of a document, accepted or refused.

    ``event`` is the message id of the error event that was sent in answer, None when there were no errors.
    """
    header = document.header
    return {
        "document_id": header.document_id,
        "channel": document.channel.value,
        "provider": header.provider,
        "period": str(header.period),
        "accepted": outcome.accepted,
        "duplicate": outcome.duplicate,
        "late": outcome.late,
        "corrects": header.corrects,
        "errors": _errors(outcome.errors),
        "event_message": event,
        "message": message.id,
    }


def unreadable(
    message: MailboxMessage, channel: ChannelProfile | None, world: World, error: RecordError, event: str
) -> dict[str, Json]:
    """Return the details of the intake of a message that could not be read; ``event`` is the id of the answer."""
    return {**_without_document(message, channel, world), "errors": _errors((error,)), "event_message": event}


def event(
    report: ErrorReport, channel: ChannelProfile | None, world: World, message: MailboxMessage
) -> dict[str, Json]:
    """Return the details of an error event in which a retailer reports errors in a message of BVKB."""
    return {
        **_without_document(message, channel, world),
        "document_id": report.document_id,
        "errors": _errors(report.errors),
        "event_message": None,
    }


def determination(
    period: Period, decisions: int, counts: Mapping[str, int], listed: list[dict[str, Json]] | None, lines: str
) -> dict[str, Json]:
    """Return the details of a month's determination.

    ``counts`` holds the number of records for each retailer (by registration number); ``listed`` the decisions, None
    when there are too many and only the blob ``lines`` holds them.
    """
    details: dict[str, Json] = {"period": str(period), "decisions": decisions, "providers": dict(counts)}
    if listed is None:
        details["payloads"] = {DECIDED: lines}
    else:
        details[DECIDED] = list(listed)
    return details


def decided(decision: Decision) -> str:
    """Return a decision with its reasons as a line of JSON (without a line end).

    The text is joined from pieces for speed: a country has many decisions, and most of their reasons are shared.
    """
    record = decision.record
    catch_up = ",".join(f'{{"period":"{part.period}","amount":"{part.amount:.2f}"}}' for part in record.catch_up)
    written = [
        (_own if reason.kind is ReasonKind.CONTRACT else _shared)(reason.en, reason.lv) for reason in decision.why
    ]
    return (
        f'{{"provider":{_text(decision.contract.provider)},"contract":{_text(decision.contract.contract)},'
        f'"person":{_text(record.person_code)},"amount_due":"{record.amount_due:.2f}","catch_up":[{catch_up}],'
        f'"status":{_text(record.status.value)},"why":[{",".join([en for en, _ in written])}],'
        f'"why_lv":[{",".join([lv for _, lv in written])}]}}'
    )


def _own(en: str, lv: str) -> tuple[str, str]:
    return _text(en), _text(lv)


_shared = lru_cache(maxsize=8192)(_own)


def reconciliation(result: Reconciliation) -> dict[str, Json]:
    """Return the details of the reconciliation of a retailer's month.

    Amounts are EUR without VAT, from the start of the year to the end of the month.
    """
    totals = result.totals
    return {
        "period": str(result.period),
        "provider": result.provider,
        "granted": f"{totals.granted:.2f}",
        "applied": f"{totals.applied:.2f}",
        "carried": f"{totals.carried:.2f}",
        "lapsed": f"{totals.lapsed:.2f}",
        "reversed": f"{totals.reversed:.2f}",
        "differences": [
            {
                "contract": difference.contract,
                "person": difference.person,
                "invoice": difference.invoice,
                "code": difference.error.code,
                "expected": difference.expected,
                "found": difference.found,
                "text_lv": difference.error.text_lv,
                "text_en": difference.error.text_en,
            }
            for difference in result.differences
        ],
    }


def _without_document(message: MailboxMessage, channel: ChannelProfile | None, world: World) -> dict[str, Json]:
    sender = world.retailer(message.sender)
    return {
        "document_id": None,
        "channel": channel.name.value if channel else None,
        "provider": sender.registration_number if sender else None,
        "period": None,
        "accepted": 0,
        "duplicate": False,
        "late": False,
        "corrects": None,
        "message": message.id,
    }


def _errors(errors: Iterable[RecordError]) -> list[Json]:
    return [
        {
            "code": error.code,
            "severity": error.severity.value,
            "position": error.position,
            "text_lv": error.text_lv,
            "text_en": error.text_en,
        }
        for error in errors
    ]


@dataclass(slots=True)
class Part:
    """A retailer's part of the list while it is written.

    ``records`` holds the written records without the document around them, ``first`` the first of them.
    """

    records: Incoming
    count: int = 0
    first: DiscountRecord | None = None


@dataclass(slots=True)
class Published:
    """A month's list and its decisions as files, to be adopted by a transaction of the store.

    ``lines`` has a line of JSON for each of ``decisions`` decisions; ``counts`` the number of records by retailer;
    ``listed`` the decisions themselves, None when they are more than ``LISTED_AT_MOST``.
    """

    national: Incoming
    lines: Incoming
    decisions: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    listed: list[dict[str, Any]] | None = field(default_factory=list)


class Publisher:
    """Writes the national list of one month. A context manager, to be left once its files have been adopted."""

    def __init__(
        self,
        profile: Profile,
        retailers: tuple[Retailer, ...],
        period: Period,
        created_at: datetime,
        begin: Callable[[], Incoming],
        scratch: Callable[[], Incoming],
    ) -> None:
        """Begin the list of ``period`` with a part for each of ``retailers``.

        ``created_at`` is the simulated time that the documents state; ``begin`` makes a file that is kept, ``scratch``
        one that is removed on leaving the context.
        """
        self._profile = profile
        self._period = period
        self._created_at = created_at
        self._files = ExitStack()
        self._published = Published(self._file(begin), self._file(begin))
        self._parts = {retailer.registration_number: Part(self._file(scratch)) for retailer in retailers}

    def __enter__(self) -> Publisher:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    @property
    def first_records(self) -> Mapping[str, DiscountRecord | None]:
        """First record of each retailer's part so far, by registration number."""
        return {provider: part.first for provider, part in self._parts.items()}

    def take(self, provider: str, decisions: Iterable[Decision]) -> Iterator[Decision]:
        """Write a retailer's decisions in their order, and yield each once it is written."""
        part = self._parts.get(provider)
        remaining = iter(decisions)
        while batch := tuple(islice(remaining, BATCH)):
            self._add_lines(batch)
            if part is not None:
                self._write(provider, part, tuple(decision.record for decision in batch))
            yield from batch

    def publish(self, more: Mapping[str, DiscountRecord]) -> Published:
        """Finish the list and return its files; ``more`` holds an additional record for some retailers' parts."""
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

    def _add_lines(self, batch: tuple[Decision, ...]) -> None:
        published = self._published
        lines = [decided(decision) for decision in batch]
        published.lines.write("".join([f"{line}\n" for line in lines]).encode())
        published.decisions += len(lines)
        if published.decisions > LISTED_AT_MOST:
            published.listed = None
        if published.listed is not None:
            published.listed += map(json.loads, lines)

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
        # The header says how many records there are, which is known only now.
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
    """Return a document without its XML declaration, as it stands inside another."""
    return document[document.index(b"?>") + 2 :].lstrip() if document.startswith(b"<?xml") else document
