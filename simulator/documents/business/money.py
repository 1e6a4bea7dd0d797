"""Rules about amounts, the same wherever one stands."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from simulator.documents.business import rules
from simulator.documents.business.breach import Breach


def about_money(amount: Decimal, field: str, *, record: int, member: int | None = None) -> Iterator[Breach]:
    """Breaches by one amount in EUR."""
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -2 and any(amount.as_tuple().digits[exponent + 2 :]):
        yield rules.MONEY_DECIMALS.broken(field, {"value": amount}, record=record, member=member)
    if amount < 0:
        yield rules.MONEY_NEGATIVE.broken(field, {"value": amount}, record=record, member=member)
