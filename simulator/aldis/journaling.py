"""What the journal says of ALDIS's acts: the details of its entries, as docs/reference/journal.md lists them. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache

from simulator.aldis.decisions import Decision
from simulator.aldis.intake import Outcome
from simulator.aldis.reasons import ReasonKind
from simulator.aldis.reconciliation import Reconciliation
from simulator.dit.model import MailboxMessage
from simulator.documents.model import Document, ErrorReport, Period, RecordError
from simulator.documents.profile import ChannelProfile
from simulator.journal import DECIDED, Json
from simulator.world import World

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
    written = [(_own if each.kind is ReasonKind.CONTRACT else _shared)(each.en, each.lv) for each in decision.why]
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
                "contract": each.contract,
                "person": each.person,
                "invoice": each.invoice,
                "code": each.error.code,
                "expected": each.expected,
                "found": each.found,
                "text_lv": each.error.text_lv,
                "text_en": each.error.text_en,
            }
            for each in found.differences
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
            "code": each.code,
            "severity": each.severity.value,
            "position": each.position,
            "text_lv": each.text_lv,
            "text_en": each.text_en,
        }
        for each in errors
    ]
