"""The project's own schemas: every global element of every schema in the catalogue."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from lxml import etree

from conformance.payloads import from_schema
from simulator.documents.catalogue import Catalogue

CATALOGUE = Catalogue.default()
ELEMENTS = [(entry.urn, name) for entry in CATALOGUE.entries for name in sorted(CATALOGUE.model(entry.urn).elements)]


@pytest.mark.parametrize(("urn", "name"), ELEMENTS)
def test_every_element_of_the_catalogue(urn: str, name: str) -> None:
    schema, compiled = CATALOGUE.model(urn), CATALOGUE.compiled(urn)

    @settings(max_examples=15, deadline=None, database=None)
    @given(from_schema(schema, name))
    def check(document: etree._Element) -> None:
        assert compiled.validate(document), compiled.error_log
        assert schema.is_valid(document)

    check()
