"""A month's decisions as the national list: a part for every retailer, also an empty one.

Decisions are taken one after another, written and forgotten: neither they nor the list are ever whole in memory.

What the journal says of ALDIS's acts: the details of its entries, as docs/reference/journal.md lists them. Pure.
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

_text = json.JSONEncoder(ensure_ascii=False).encode


def intake(document: Document, outcome: Outcome, event: str | None, message: MailboxMessage) -> dict[str, Json]:
    """A document was taken in, or refused."""
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
    """A message held nothing that could be read."""
    return {**_without_document(message, channel, world), "errors": _errors((error,)), "event_message": event}


def event(
    report: ErrorReport, channel: ChannelProfile | None, world: World, message: MailboxMessage
) -> dict[str, Json]:
    """A retailer reported errors in a message of ours."""
    return {
        **_without_document(message, channel, world),
        "document_id": report.document_id,
        "errors": _errors(report.errors),
        "event_message": None,
    }


def determination(
    period: Period, decisions: int, counts: Mapping[str, int], told: list[dict[str, Json]] | None, lines: str
) -> dict[str, Json]:
    """A month was determined and published. ``told`` is what was decided, None when only the blob ``lines`` says it."""
    details: dict[str, Json] = {"period": str(period), "decisions": decisions, "providers": dict(counts)}
    if told is None:
        details["payloads"] = {DECIDED: lines}
    else:
        details[DECIDED] = list(told)
    return details


def decided(decision: Decision) -> str:
    """One decision as a line of JSON, with the reasons for it.

    Put together from its pieces: a country has many decisions, and nearly all of their reasons are others' as well.
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


def reconciliation(found: Reconciliation) -> dict[str, Json]:
    """A retailer's month was reconciled; amounts in EUR from the year's beginning to the end of the month."""
    totals = found.totals
    return {
        "period": str(found.period),
        "provider": found.provider,
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
            for difference in found.differences
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
        self._parts = {retailer.registration_number: Part(self._file(scratch)) for retailer in retailers}

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
                self._write(provider, part, tuple(decision.record for decision in some))
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
        lines = [decided(decision) for decision in some]
        published.lines.write("".join([f"{line}\n" for line in lines]).encode())
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
