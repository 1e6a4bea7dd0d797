"""PRI: whose data the retailer sends."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.rules.evidence import Case
from conformance.rules.judging import HELD, Broken, Occasion, rule
from conformance.rules.model import Evidence
from conformance.rules.traffic import Sent
from simulator.documents.model import ContractRecord, PayoutRecord


@rule("PRI-01")
def own_data_only(case: Case) -> Iterator[Occasion]:
    """A document is in the retailer's own name and about its own contracts."""
    for sent in case.documents():
        if sent.document is None:
            continue
        found = sent.document.header.provider
        own = case.retailer.registration_number
        foreign = _foreign(case, sent)
        if found != own:
            yield Broken(
                en=f"A document was sent in the name of {found}; the sender is {own}.",
                lv=f"Dokuments nosūtīts tirgotāja {found} vārdā; sūtītājs ir {own}.",
                expected=f"the sender's own registration number, {own}",
                expected_lv=f"sūtītāja reģistrācijas numurs {own}",
                evidence=(case.spot(sent, None, "provider"),),
            )
        elif foreign:
            yield _broken(sent, foreign)
        else:
            yield HELD


def _foreign(case: Case, sent: Sent) -> list[tuple[str, Evidence]]:
    own = {*case.reporting.history, *case.doubtful}
    if not own or sent.document is None:
        return []  # without business nobody can say which contracts are the retailer's
    return [
        (record.contract, case.spot(sent, index, "contract"))
        for index, record in enumerate(sent.document.records)
        if isinstance(record, (ContractRecord, PayoutRecord))
        and record.contract not in own
        and record.contract in case.neighbours_contracts
    ]


def _broken(sent: Sent, foreign: list[tuple[str, Evidence]]) -> Broken:
    numbers = ", ".join(sorted({number for number, _ in foreign}))
    channel = sent.channel.value if sent.channel is not None else ""
    return Broken(
        en=f"A {channel} document holds data of another retailer's contract: {numbers}.",
        lv=f"Dokumentā ({channel}) ir cita tirgotāja līguma dati: {numbers}.",
        expected="only contracts of the sender",
        expected_lv="tikai sūtītāja līgumi",
        evidence=tuple(each for _, each in foreign[:3]),
    )
