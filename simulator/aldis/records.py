"""How ALDIS's state outlives the process: what was received, decided and done stands in the store's archive.

A row is written in the same unit as everything else that its event does: after a crash all of it stands or none.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from simulator.aldis.contracts import ContractKey
from simulator.aldis.cycle import Duty, DutyKind
from simulator.aldis.decisions import Decision
from simulator.aldis.filing import Filed, Refusal
from simulator.aldis.state import State
from simulator.documents.model import CatchUp, ChannelName, DiscountRecord, DiscountStatus, Period
from simulator.documents.profile import Profile
from simulator.documents.reading import read_document
from simulator.store import Unit
from simulator.store.archive import ArchiveRow, archive_add, archive_end, archive_rows

_OWNER = "aldis"
_DOCUMENT = "document"


def keep_document(unit: Unit, filed: Filed) -> None:
    """Write down a document that was taken in."""
    body = {
        "provider": filed.provider,
        "document": filed.document_id,
        "channel": filed.channel.value,
        "period": str(filed.period),
        "sequence": filed.sequence,
        "place": filed.place,
        "message": filed.message,
        "accepted": list(filed.accepted),
        "refused": [[each.position, each.code] for each in filed.refused],
        "corrects": filed.corrects,
    }
    key = f"{filed.provider} {filed.document_id.lower()}"
    _add(unit, _DOCUMENT, key, filed.arrived, body, filed.blob)


def keep_determination(unit: Unit, period: Period, at: datetime, decisions: tuple[Decision, ...]) -> None:
    """Write down that a month was determined, and what was decided."""
    lines = [_decision_to_json(each) for each in decisions]
    data = json.dumps(lines, ensure_ascii=False, separators=(",", ":")).encode()
    _add(unit, DutyKind.DETERMINE.value, str(period), at, {"decisions": len(lines)}, unit.put_blob(data))


def keep_reconciliation(unit: Unit, period: Period, at: datetime) -> None:
    """Write down that a month was reconciled."""
    _add(unit, DutyKind.RECONCILE.value, str(period), at, None, None)


def read_on(unit: Unit, state: State, profile: Profile, after: int) -> int:
    """Take into the books what the archive holds behind a number, in order; returns the number read up to."""
    end = archive_end(unit)
    for row in archive_rows(unit, _OWNER, after=after) if end > after else ():
        match row.kind:
            case "document":
                filed = _filed(row)
                records = read_document(unit.blob(filed.blob), profile, filed.channel).records if filed.accepted else ()
                state.refile(filed, records)
            case DutyKind.DETERMINE:
                period = Period.parse(row.key)
                for line in json.loads(unit.blob(row.blob or "")):
                    state.decided(*_decision_from_json(line, period))
                state.determined.add(period)
            case DutyKind.RECONCILE:
                state.reconciled.add(Period.parse(row.key))
            case unknown:
                raise ValueError(f"the archive of ALDIS holds a record of an unknown kind, {unknown!r}")
    return end


def is_done(state: State, duty: Duty) -> bool:
    """Whether a duty was done before."""
    done = state.determined if duty.kind is DutyKind.DETERMINE else state.reconciled
    return duty.period in done


def _add(unit: Unit, kind: str, key: str, at: datetime, body: Any, blob: str | None) -> None:
    if not archive_add(unit, owner=_OWNER, kind=kind, key=key, at=at, body=body, blob=blob):
        raise ValueError(f"ALDIS was about to do the same {kind} twice: {key}")


def _filed(row: ArchiveRow) -> Filed:
    body = row.body
    return Filed(
        provider=body["provider"],
        document_id=body["document"],
        channel=ChannelName(body["channel"]),
        period=Period.parse(body["period"]),
        sequence=body["sequence"],
        place=body["place"],
        arrived=row.at,
        message=body["message"],
        blob=row.blob or "",
        accepted=tuple(body["accepted"]),
        refused=tuple(Refusal(position, code) for position, code in body["refused"]),
        corrects=body["corrects"],
    )


def _decision_to_json(decision: Decision) -> dict[str, Any]:
    record = decision.record
    return {
        "provider": decision.contract.provider,
        "contract": decision.contract.contract,
        "person": decision.person,
        "code": record.person_code,
        "due": str(record.amount_due),
        "catch_up": [[str(each.period), str(each.amount), each.reason] for each in record.catch_up],
        "status": record.status.value,
        "id": record.decision_id,
        "date": record.decision_date.isoformat(),
    }


def _decision_from_json(line: dict[str, Any], period: Period) -> tuple[ContractKey, str, Period, DiscountRecord]:
    record = DiscountRecord(
        contract=line["contract"],
        person_code=line["code"],
        categories=(),
        amount_due=Decimal(line["due"]),
        catch_up=tuple(CatchUp(Period.parse(p), Decimal(a), r) for p, a, r in line["catch_up"]),
        status=DiscountStatus(line["status"]),
        decision_id=line["id"],
        decision_date=date.fromisoformat(line["date"]),
    )
    return ContractKey(line["provider"], line["contract"]), line["person"], period, record
