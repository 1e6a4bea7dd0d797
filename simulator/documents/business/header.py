"""Rules about a document's header, the same on all channels."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.documents.business import rules
from simulator.documents.business.breach import Breach
from simulator.documents.identifiers import registration_number_valid
from simulator.documents.model import Document, Period


def about_header(document: Document) -> Iterator[Breach]:
    """Breaches by the header."""
    header = document.header
    if not registration_number_valid(header.provider):
        yield rules.PROVIDER.broken("header.provider", {"value": header.provider})
    if header.record_count != len(document.records):
        words = {"value": header.record_count, "actual": len(document.records)}
        yield rules.RECORD_COUNT.broken("header.record_count", words)
    if header.created_at.tzinfo is None:
        yield rules.TIME_ZONE.broken("header.created_at", {"value": header.created_at.isoformat()})
    if header.period < rules.FIRST_PERIOD:
        yield rules.PERIOD_EARLY.broken("header.period", {"value": header.period, "first": rules.FIRST_PERIOD})
    created = header.created_at.date()
    latest = Period.of(created) + 1
    if header.period > latest:
        yield rules.PERIOD_LATE.broken("header.period", {"value": header.period, "latest": latest, "created": created})
    if header.corrects is not None and header.corrects.lower() == header.document_id.lower():
        yield rules.CORRECTS_ITSELF.broken("header.corrects", {"value": header.corrects})
