"""Figures of the strategies from schemas: how fast they are, and that all they make is valid (`make bench`)."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from lxml import etree

from conformance.payloads import from_schema, load_schema
from conformance.payloads.domain.strategies import documents
from simulator.documents.profile import load_profile
from simulator.documents.validation import validate
from simulator.documents.writing import write_document
from simulator.domain.model import ChannelName, Document
from simulator.settings.files import data_root
from tests.conformance.payloads.engine.standards import iso_20022, loaded, ubl

pytestmark = pytest.mark.bench
PER_ELEMENT = 100


def show(what: str, figure: str) -> None:
    print(f"\n{what:<72} {figure}")


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def test_building_the_strategy_of_our_own_documents() -> None:
    profile = load_profile()
    channel = profile.channel(ChannelName.CONTRACT)
    path = data_root("schemas") / channel.schema_path
    schema = load_schema(path)
    show(
        "strategy of a contract document, schema loaded", f"{seconds(lambda: from_schema(schema, channel.root)):.3f} s"
    )
    show(
        "the same with loading the schema (at most 0.3 s)", f"{seconds(lambda: from_schema(path, channel.root)):.3f} s"
    )


def test_building_the_strategy_of_an_invoice() -> None:
    path = next(path for path in ubl() if "Invoice" in path.name)
    schema = load_schema(path)
    show("strategy of a UBL Invoice, schema loaded", f"{seconds(lambda: from_schema(schema, 'Invoice')):.3f} s")
    show("the same with loading the schema (at most 5 s)", f"{seconds(lambda: from_schema(path, 'Invoice')):.3f} s")


def test_contract_documents_a_second() -> None:
    profile = load_profile()
    channel = profile.channel(ChannelName.CONTRACT)
    path = data_root("schemas") / channel.schema_path
    compiled = etree.XMLSchema(etree.parse(str(path)))
    invalid = 0
    made: list[etree._Element] = []
    strategy = from_schema(path, channel.root, repeats=20)

    @hypothesis.settings(max_examples=2000, deadline=None, database=None)
    @given(strategy)
    def make(document: etree._Element) -> None:
        made.append(document)

    took = seconds(make)
    for document in made:
        invalid += not compiled.validate(document)
    records = [len(document) - 1 for document in made if len(document) > 1]  # a header comes first
    show(
        "contract documents of 1-20 records through Hypothesis (at least 200 a second)",
        f"{len(records) / took:.0f}/s of {sum(records) / len(records):.1f}; {len(made) / took:.0f}/s with empty ones",
    )
    assert invalid == 0


@pytest.mark.parametrize("channel", ChannelName)
def test_documents_that_obey_the_business_a_second(channel: ChannelName) -> None:
    profile = load_profile()
    made: list[Document] = []

    @hypothesis.settings(max_examples=2000, deadline=None, database=None)
    @given(documents(channel, profile, least=1, most=20))
    def make(document: Document) -> None:
        made.append(document)

    took = seconds(make)
    records = sum(len(document.records) for document in made) / len(made)
    show(
        f"{channel} documents of 1-20 records by the domain's rules (at least 200 a second)",
        f"{len(made) / took:.0f}/s of {records:.1f}",
    )
    for each in made[::10]:
        assert validate(write_document(each, profile), profile, channel) == ()


@pytest.mark.parametrize("name", ["ISO 20022", "UBL 2.1"])
def test_every_global_element_of_a_standard(name: str) -> None:
    paths = iso_20022() if name == "ISO 20022" else ubl()
    seen: set[tuple[Path | None, str]] = set()
    made = elements = 0
    errors: list[str] = []
    start = time.perf_counter()
    for path in paths:
        schema = loaded(path)
        for element in schema.elements():
            # the common elements of UBL are the same in every document's schema
            key = (None if name == "UBL 2.1" else path, element)
            if key in seen:
                continue
            seen.add(key)
            count, found = schema.check(element, PER_ELEMENT)
            elements += 1
            made += count
            errors += [f"{path.name} {element}: {each}" for each in found]
    show(
        f"{name}: {len(paths)} schemas, {elements} global elements, {PER_ELEMENT} documents each (all valid)",
        f"{made - len(errors)} of {made} valid by libxml2 and xmlschema, {time.perf_counter() - start:.0f} s",
    )
    assert errors == [], errors[:20]
