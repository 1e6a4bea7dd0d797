"""How ALDIS's state outlives the process: what was received, decided and done stands in the store's archive.

A row is written in the same unit as everything else that its event does: after a crash all of it stands or none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any, BinaryIO

from simulator.aldis.contracts import ContractKey
from simulator.aldis.cycle import Duty, DutyKind
from simulator.aldis.decisions import decision_id
from simulator.aldis.filing import Filed, Refusal, positions
from simulator.aldis.state import State
from simulator.documents.identity import document_key
from simulator.documents.model import CatchUp, ChannelName, DiscountRecord, DiscountStatus, Document, Period
from simulator.documents.profile import Profile
from simulator.documents.reading import read_document
from simulator.documents.streamed_reading import read_streamed
from simulator.store import Unit
from simulator.store.archive import ArchiveRow, archive_add, archive_end, archive_rows

LARGE = 1024 * 1024
"""Documents of more bytes than this are read without all of their records in memory."""

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
        "accepted": _runs(filed.accepted),
        "refused": [[each.position, each.code] for each in filed.refused],
        "corrects": filed.corrects,
    }
    key = f"{filed.provider} {document_key(filed.document_id)}"
    _add(unit, _DOCUMENT, key, filed.arrived, body, filed.blob)


def keep_determination(unit: Unit, period: Period, at: datetime, decisions: int, lines: str) -> None:
    """Write down that a month was determined; ``lines`` is the blob of what was decided, as the journal has it."""
    _add(unit, DutyKind.DETERMINE.value, str(period), at, {"decisions": decisions}, lines)


def keep_reconciliation(unit: Unit, period: Period, at: datetime) -> None:
    """Write down that a month was reconciled."""
    _add(unit, DutyKind.RECONCILE.value, str(period), at, None, None)


@contextmanager
def reading(
    unit: Unit,
    blob: str,
    profile: Profile,
    spool: Callable[[], BinaryIO],
    channel: ChannelName | None,
) -> Iterator[Document]:
    """A document of the store, for as long as the block lasts; a large one is not all in memory.

    ``spool`` makes a file for its records. Raises DocumentError.
    """
    opened = unit.open_blob(blob)
    if opened.size <= LARGE:
        yield read_document(unit.blob(blob), profile, channel)
        return
    with spool() as file:
        yield read_streamed(opened.pieces, profile, file, channel)


def read_on(unit: Unit, state: State, profile: Profile, after: int, spool: Callable[[], BinaryIO]) -> int:
    """Take into the books what the archive holds behind a number, in order; returns the number read up to."""
    end = archive_end(unit)
    for row in archive_rows(unit, _OWNER, after=after) if end > after else ():
        match row.kind:
            case "document":
                filed = _filed(row)
                with reading(unit, filed.blob, profile, spool, filed.channel) as document:
                    state.refile(filed, document.records if filed.accepted else ())
            case DutyKind.DETERMINE:
                for line in _lines(unit, row.blob or ""):
                    state.decided(*_decision(line, row, state))
                state.determined.add(Period.parse(row.key))
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


def _runs(positions: Sequence[int]) -> list[list[int]]:
    """Positions as first and last of each run without gaps."""
    runs: list[list[int]] = []
    for each in positions:
        if runs and runs[-1][1] == each - 1:
            runs[-1][1] = each
        else:
            runs.append([each, each])
    return runs


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
        accepted=positions(each for first, last in body["accepted"] for each in range(first, last + 1)),
        refused=tuple(Refusal(position, code) for position, code in body["refused"]),
        corrects=body["corrects"],
    )


def _lines(unit: Unit, blob: str) -> Iterator[dict[str, Any]]:
    rest = b""
    for piece in unit.open_blob(blob).pieces():
        *lines, rest = (rest + piece).split(b"\n")
        yield from map(json.loads, lines)


def _decision(line: dict[str, Any], row: ArchiveRow, state: State) -> tuple[ContractKey, str, Period, DiscountRecord]:
    """A decision as far as the books need it."""
    contract, period = state.contracts.key(line["provider"], line["contract"]), Period.parse(row.key)
    person = state.register.identity(line["person"]) or line["person"]
    record = DiscountRecord(
        contract=contract.contract,
        person_code=line["person"],
        categories=(),
        amount_due=Decimal(line["amount_due"]),
        catch_up=tuple(CatchUp(Period.parse(each["period"]), Decimal(each["amount"]), "") for each in line["catch_up"]),
        status=DiscountStatus(line["status"]),
        decision_id=decision_id(contract, person, period),
        decision_date=row.at.date(),
    )
    return contract, person, period, record
