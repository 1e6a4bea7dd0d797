"""Tests of the identity of documents."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from simulator.documents.reading import SpooledRecords
from simulator.domain.identifiers import identity
from simulator.domain.model import ChannelName, Document, Period
from tests.conformance.rules.builder import THEIRS, Story, payout

ONE, OTHER = payout("R-1", "35.40", "20.00"), payout("R-2", "12.34", "12.34")
DOCUMENT = Story().document(
    ChannelName.PAYOUT, "2026-03", (ONE, OTHER), document="ab000000-0000-4000-8000-000000000001", corrects="cd"
)


def with_header(**changes: Any) -> Document:
    return replace(DOCUMENT, header=replace(DOCUMENT.header, **changes))


@pytest.mark.parametrize(
    "same",
    [
        with_header(created_at=DOCUMENT.header.created_at + timedelta(days=1)),
        with_header(document_id=DOCUMENT.header.document_id.upper()),
        with_header(corrects="CD"),
    ],
)
def test_the_time_of_creation_and_the_case_of_ids_do_not_matter(same: Document) -> None:
    assert identity(same) == identity(DOCUMENT)


@pytest.mark.parametrize(
    "other",
    [
        with_header(document_id="00000000-0000-4000-8000-000000000002"),
        with_header(provider=THEIRS.registration_number),
        with_header(period=Period(2026, 4)),
        with_header(record_count=3),
        with_header(corrects=None),
        replace(DOCUMENT, records=(OTHER, ONE)),
        replace(DOCUMENT, records=(ONE,)),
        replace(DOCUMENT, channel=ChannelName.CONTRACT),
    ],
)
def test_everything_else_does(other: Document) -> None:
    assert identity(other) != identity(DOCUMENT)


def test_records_that_wait_in_a_file_are_the_same_records() -> None:
    with tempfile.TemporaryFile() as file:
        records = SpooledRecords(file)
        for record in DOCUMENT.records:
            records.append(record)
        assert identity(replace(DOCUMENT, records=records)) == identity(DOCUMENT)
        assert identity(DOCUMENT) == identity(replace(DOCUMENT, records=records))
