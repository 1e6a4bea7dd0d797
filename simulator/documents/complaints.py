"""What is wrong with a document: where, what was found, what was expected and who says so."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.documents.model import Provenance


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing wrong with a document or a request.

    ``code`` is a short stable word (``schema`` for the schema's own verdicts, else the business rule's code); ``line``
    counts from 1 in the bytes that were checked (None when it cannot be known); ``path`` is an absolute XPath with
    positions; ``found`` and ``expected`` are sentences in English.
    """

    code: str
    line: int | None
    path: str
    found: str
    expected: str
    provenance: Provenance
