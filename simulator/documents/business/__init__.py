"""The rules of the business that a schema cannot say: check digits, sums, duplicates, dates that fit together."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.documents.business.breach import Breach, BusinessRule
from simulator.documents.business.contracts import about_contracts
from simulator.documents.business.discounts import about_discounts
from simulator.documents.business.header import about_header
from simulator.documents.business.payouts import about_payouts
from simulator.documents.business.rules import RULES
from simulator.documents.model import ChannelName, Document
from simulator.documents.profile import Profile

__all__ = ["RULES", "Breach", "BusinessRule", "breaches"]


def breaches(document: Document, profile: Profile) -> tuple[Breach, ...]:
    """All that breaks a rule of the business, the header's first, then record by record."""
    found = [*about_header(document), *_about_records(document, profile)]
    return tuple(sorted(found, key=lambda each: -1 if each.record is None else each.record))


def _about_records(document: Document, profile: Profile) -> Iterator[Breach]:
    match document.channel:
        case ChannelName.CONTRACT:
            return about_contracts(document)
        case ChannelName.DISCOUNT:
            return about_discounts(document, profile)
        case ChannelName.PAYOUT:
            return about_payouts(document)
