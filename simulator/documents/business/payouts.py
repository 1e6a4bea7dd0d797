"""Rules about payout records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from simulator.documents.business import rules
from simulator.documents.business.breach import Breach
from simulator.documents.business.money import about_money
from simulator.documents.identifiers import personal_code_canonical, personal_code_valid
from simulator.documents.model import Document, Header, PayoutRecord

_AMOUNTS = ("net_bill", "applied", "carried_over", "remainder")


def about_payouts(document: Document) -> Iterator[Breach]:
    """Breaches by the records of a payout document."""
    for index, record in _payouts(document):
        yield from _about_amounts(index, record)
        yield from _about_dates(index, record, document.header)
    yield from _about_duplicates(_payouts(document))
    yield from _about_invoices(_payouts(document))


def _payouts(document: Document) -> Iterator[tuple[int, PayoutRecord]]:
    """The records with their index, one after another: there may be more than memory bears."""
    return ((index, each) for index, each in enumerate(document.records) if isinstance(each, PayoutRecord))


def _about_amounts(index: int, record: PayoutRecord) -> Iterator[Breach]:
    if not personal_code_valid(record.person_code):
        yield rules.PERSONAL_CODE.broken("person_code", {"value": record.person_code}, record=index)
    for name in _AMOUNTS:
        yield from about_money(getattr(record, name), name, record=index)
    if record.applied > record.net_bill:
        words = {"value": record.applied, "net": record.net_bill}
        yield rules.APPLIED_OVER_NET.broken("applied", words, record=index)
    if record.carried_over > record.applied:
        words = {"value": record.carried_over, "applied": record.applied}
        yield rules.CARRIED_OVER_APPLIED.broken("carried_over", words, record=index)


def _about_dates(index: int, record: PayoutRecord, header: Header) -> Iterator[Breach]:
    if record.period > header.period:
        yield rules.PAYOUT_PERIOD.broken("period", {"value": record.period, "period": header.period}, record=index)
    elif record.period < rules.FIRST_PERIOD:
        yield rules.PERIOD_EARLY.broken("period", {"value": record.period, "first": rules.FIRST_PERIOD}, record=index)
    first, last = record.period.first_day, header.created_at.date()
    if not first <= record.invoice_date <= last:
        words = {"value": record.invoice_date, "first": first, "last": last}
        yield rules.INVOICE_DATE.broken("invoice_date", words, record=index)


def _about_duplicates(payouts: Iterable[tuple[int, PayoutRecord]]) -> Iterator[Breach]:
    seen: dict[tuple[str, str, str, bool], int] = {}
    for index, record in payouts:
        person = personal_code_canonical(record.person_code)
        first = seen.setdefault((record.contract, person, record.invoice_number, record.reversal), index)
        if first != index:
            words = {"value": record.invoice_number, "person": record.person_code, "first": first + 1}
            yield rules.DUPLICATE_PAYOUT.broken("invoice_number", words, record=index)


def _about_invoices(payouts: Iterable[tuple[int, PayoutRecord]]) -> Iterator[Breach]:
    """What the records of one invoice say together; a reversal cancels and is not added."""
    applied: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    first: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for index, record in payouts:
        invoice = (record.contract, record.invoice_number)
        earlier, net_bill = first.setdefault(invoice, (index, record.net_bill))
        if net_bill != record.net_bill:
            words = {"value": record.net_bill, "other": net_bill, "first": earlier + 1}
            yield rules.INVOICE_NET.broken("net_bill", {**words, "invoice": record.invoice_number}, record=index)
        if record.reversal:
            continue
        before = applied[invoice]
        applied[invoice] += record.applied
        # said once, at the record that goes beyond the bill; one record alone is applied-over-net
        if before <= record.net_bill < applied[invoice] and before > 0 and record.applied <= record.net_bill:
            words = {"value": applied[invoice], "net": record.net_bill}
            yield rules.INVOICE_OVERDRAWN.broken("applied", {**words, "invoice": record.invoice_number}, record=index)
