"""When two documents are the same document."""

from __future__ import annotations

from simulator.documents.model import Document


def identity(document: Document) -> tuple[object, ...]:
    """Return what identifies a document: two documents are the same when their identities are equal.

    The identity is everything that a document says but the time of its creation, which a sender may renew when it
    sends a document again: channel, document id, provider, period, record count, the document that it corrects, and
    the records in their order. Document ids are compared without regard to case. The records are not copied, so
    the identity of a large document is as good as the file that holds its records.
    """
    header = document.header
    return (
        document.channel,
        document_key(header.document_id),
        header.provider,
        header.period,
        header.record_count,
        None if header.corrects is None else document_key(header.corrects),
        document.records,
    )


def document_key(document_id: str) -> str:
    """Return a document id as it is compared: a GUID means the same in capitals and in small letters."""
    return document_id.lower()
