"""Written documents are valid, can be read, and are written alike again, by the project's profile and another."""

from __future__ import annotations

from hypothesis import given, settings

from simulator.documents.profile import Profile
from simulator.documents.reading import read_document, read_error_report
from simulator.documents.writing import write_document, write_error_report
from simulator.domain.model import Document, ErrorReport
from tests.simulator.documents.strategies import REPORTS, documents


def _holds(document: Document, profile: Profile) -> None:
    channel = profile.channel(document.channel)
    data = write_document(document, profile)
    assert profile.catalogue.validate(channel.schema_urn, data, element=channel.root) == ()
    assert read_document(data, profile) == document
    assert read_document(data, profile, document.channel) == document
    assert write_document(read_document(data, profile), profile) == data


@settings(max_examples=100, deadline=None)
@given(documents())
def test_reconstruction(profile: Profile, document: Document) -> None:
    _holds(document, profile)


@settings(max_examples=60, deadline=None)
@given(documents())
def test_another_schema(other: Profile, document: Document) -> None:
    _holds(document, other)


@settings(max_examples=50, deadline=None)
@given(REPORTS)
def test_error_reports(profile: Profile, report: ErrorReport) -> None:
    data = write_error_report(report, profile)
    assert profile.catalogue.validate(profile.error_schema_urn, data, element=profile.error_root) == ()
    assert read_error_report(data, profile) == report
