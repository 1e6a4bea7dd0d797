"""A leak on purpose: one retailer's part of the national list tells of another's customer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from simulator.documents.model import Document
from simulator.faults import LEAK, Faults
from simulator.world import Retailer


def leaked(
    documents: dict[str, Document], retailers: Iterable[Retailer], faults: Faults | None
) -> tuple[dict[str, Document], tuple[str, ...]]:
    """The documents by registration number, with another's first record added to those for whom a leak is armed.

    Also returns the authorities that were told too much. Without another retailer's record there is nothing to leak,
    and the misbehaviour stays armed.
    """
    found, told = dict(documents), []
    for retailer in retailers:
        number = retailer.registration_number
        others = [each for provider, each in documents.items() if provider != number and each.records]
        if faults is None or number not in documents or not others:
            continue
        if faults.take("SendMessage2", retailer.authority, kind=LEAK) is None:
            continue
        own = documents[number]
        header = replace(own.header, record_count=own.header.record_count + 1)
        found[number] = replace(own, header=header, records=(*own.records, others[0].records[0]))
        told.append(retailer.authority)
    return found, tuple(told)
