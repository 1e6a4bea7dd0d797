"""Finds what a number means that is not written as it should be."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from conformance.rules.business import Bill
    from conformance.rules.support import Payout

_OTHER = re.compile(r"[\W_]")
_Item = TypeVar("_Item")


def loosely(number: str) -> str:
    """A number without what careless systems change: case, separators, leading zeros."""
    return _OTHER.sub("", number.casefold()).lstrip("0")


def only(items: Iterable[_Item]) -> _Item | None:
    """The one item; None when there is none or more than one."""
    found = list(items)
    return found[0] if len(found) == 1 else None


def bills_of_payouts(payouts: Iterable[Payout], bills: Iterable[Bill]) -> tuple[tuple[Payout, Bill | None], ...]:
    """Each payout record with the bill that it is about: by invoice number, else as nearly as can be told."""
    proper = [each for each in bills if each.reverses is None]
    exact = {each.invoice: each for each in proper}
    records = list(payouts)
    named = {each.record.invoice_number for each in records}
    by_number: dict[Hashable, list[Bill]] = defaultdict(list)
    by_month: dict[Hashable, list[Bill]] = defaultdict(list)
    for bill in proper:
        by_number[loosely(bill.invoice)].append(bill)
        if bill.invoice not in named:
            by_month[loosely(bill.contract), bill.period].append(bill)
    return tuple(
        (each, exact.get(each.record.invoice_number) or _nearest(each, by_number, by_month)) for each in records
    )


def _nearest(
    payout: Payout, by_number: dict[Hashable, list[Bill]], by_month: dict[Hashable, list[Bill]]
) -> Bill | None:
    record = payout.record
    numbered = only(by_number.get(loosely(record.invoice_number), ()))
    return numbered or only(by_month.get((loosely(record.contract), record.period), ()))
