"""Invalid or wrong documents for injected faults: a tampered document, or a record of another retailer's customer.

All of these faults are assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from lxml import etree

from simulator.documents.parsing import parse
from simulator.documents.profile import Profile
from simulator.documents.reading import Located, read_located
from simulator.documents.writing import write_document
from simulator.domain.model import DiscountRecord, Document
from simulator.fault_injection.faults import (
    EMPTY_LIST,
    INVALID_DOCUMENT,
    LEAK,
    ODD_DECIMALS,
    OTHER_RETAILER,
    UNKNOWN_CONTRACT,
    Faults,
)
from simulator.world.model import Retailer

if TYPE_CHECKING:
    from simulator.store import Transaction


UNKNOWN_CONTRACT_NUMBER = "NAV-TADA-LIGUMA"


class Tampering:
    """Tampers with documents of a profile; ``providers`` are the registration numbers of all retailers."""

    def __init__(self, profile: Profile, providers: Iterable[str]) -> None:
        self._profile = profile
        self._providers = tuple(providers)

    def __call__(self, kind: str, version: str, data: bytes, *, is_event: bool) -> bytes:
        """Return the document (an error report for an event) as it is delivered; unchanged where no change applies."""
        if is_event:
            return _without_content(data) if kind == INVALID_DOCUMENT else data
        channel = self._profile.channel_of_version(version)
        located = read_located(parse(data), self._profile, channel.name if channel is not None else None)
        if kind == INVALID_DOCUMENT:
            return _rewritten(located, None, "record_count", "daudz")
        if kind == ODD_DECIMALS:
            document = located.document
            if not document.discounts():
                return data
            return _rewritten(located, 0, "amount_due", f"{document.discounts()[0].amount_due:.2f}5")
        changed = _CHANGES[kind](located.document, self._providers)
        return data if changed is None else write_document(changed, self._profile)


def _without_content(data: bytes) -> bytes:
    root = parse(data).getroot()
    for child in list(root):
        root.remove(child)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _rewritten(located: Located, record: int | None, field: str, text: str) -> bytes:
    element, attribute = located.find(record, field)
    if attribute is None:
        element.text = text
    else:
        element.set(attribute, text)
    return etree.tostring(located.tree, encoding="UTF-8", xml_declaration=True)


def _empty(document: Document, providers: tuple[str, ...]) -> Document:
    del providers
    return replace(document, header=replace(document.header, record_count=0), records=())


def _another_retailers(document: Document, providers: tuple[str, ...]) -> Document | None:
    others = [provider for provider in providers if provider != document.header.provider]
    return replace(document, header=replace(document.header, provider=others[0])) if others else None


def _with_unknown_contract(document: Document, providers: tuple[str, ...]) -> Document | None:
    del providers
    records = document.discounts()
    if not records:
        return None
    more = replace(records[0], contract=UNKNOWN_CONTRACT_NUMBER, decision_id=f"{records[0].decision_id}X")
    header = replace(document.header, record_count=len(records) + 1)
    return replace(document, header=header, records=(*records, more))


_CHANGES: dict[str, Callable[[Document, tuple[str, ...]], Document | None]] = {
    EMPTY_LIST: _empty,
    OTHER_RETAILER: _another_retailers,
    UNKNOWN_CONTRACT: _with_unknown_contract,
}


def leaks(
    firsts: Mapping[str, DiscountRecord | None],
    retailers: Iterable[Retailer],
    faults: Faults | None,
    transaction: Transaction | None = None,
) -> tuple[dict[str, DiscountRecord], tuple[str, ...]]:
    """Return the record to leak to each retailer for whom a leak is armed, and the authorities of these retailers.

    The records are by the registration number of the retailer that will get them. ``firsts`` are the first records of
    all retailers' parts of the national list, by registration number. Without another retailer's record there is
    nothing to leak, and the fault stays armed; a rollback of ``transaction``, that of the publication, arms it again.
    """
    leaked_records, notified_authorities = {}, []
    for retailer in retailers:
        number = retailer.registration_number
        others = [record for provider, record in firsts.items() if provider != number and record is not None]
        if faults is None or number not in firsts or not others:
            continue
        if faults.take("SendMessage2", retailer.authority, kind=LEAK, transaction=transaction) is None:
            continue
        leaked_records[number] = others[0]
        notified_authorities.append(retailer.authority)
    return leaked_records, tuple(notified_authorities)
