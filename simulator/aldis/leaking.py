"""A leak on purpose: one retailer's part of the national list tells of another's customer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from simulator.documents.model import DiscountRecord
from simulator.faults import LEAK, Faults
from simulator.world import Retailer

if TYPE_CHECKING:
    from simulator.store import Unit


def leaks(
    firsts: Mapping[str, DiscountRecord | None],
    retailers: Iterable[Retailer],
    faults: Faults | None,
    unit: Unit | None = None,
) -> tuple[dict[str, DiscountRecord], tuple[str, ...]]:
    """Another's first record for each retailer for whom a leak is armed, by registration number.

    ``firsts`` are the first records of the retailers' parts. Also returns the authorities that will be told too much.
    Without another retailer's record there is nothing to leak, and the misbehaviour stays armed,
    as it does when ``unit``, the transaction of the publication, is rolled back.
    """
    found, told = {}, []
    for retailer in retailers:
        number = retailer.registration_number
        others = [record for provider, record in firsts.items() if provider != number and record is not None]
        if faults is None or number not in firsts or not others:
            continue
        if faults.take("SendMessage2", retailer.authority, kind=LEAK, unit=unit) is None:
            continue
        found[number] = others[0]
        told.append(retailer.authority)
    return found, tuple(told)
