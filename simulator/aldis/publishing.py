"""A month's decisions as documents: a part for every retailer, also an empty one; all parts as one national list."""

from __future__ import annotations

from datetime import datetime

from simulator.aldis.decisions import Decision, document_id
from simulator.documents.model import ChannelName, Document, Header, Period
from simulator.documents.profile import Profile
from simulator.documents.writing import write_document, write_national
from simulator.world import Retailer


def discount_documents(
    decisions: tuple[Decision, ...], retailers: tuple[Retailer, ...], period: Period, created_at: datetime
) -> dict[str, Document]:
    """The discount document of every retailer by registration number."""
    documents = {}
    for retailer in retailers:
        provider = retailer.registration_number
        records = tuple(each.record for each in decisions if each.contract.provider == provider)
        header = Header(
            document_id=document_id(provider, period),
            provider=provider,
            created_at=created_at,
            period=period,
            record_count=len(records),
        )
        documents[provider] = Document(ChannelName.DISCOUNT, header, records)
    return documents


def national_list(documents: dict[str, Document], profile: Profile) -> bytes:
    """The national list that BVKB sends; DIT cuts it into the retailers' own."""
    return write_national({provider: write_document(each, profile) for provider, each in documents.items()}, profile)
