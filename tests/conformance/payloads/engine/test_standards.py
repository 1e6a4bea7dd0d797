"""ISO 20022 and UBL: a sample of what `make bench` does for every global element."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.payloads.engine.standards import iso_20022, loaded, ubl


@pytest.mark.parametrize("path", iso_20022(), ids=lambda path: path.stem)
def test_iso_20022(path: Path) -> None:
    schema = loaded(path)
    for name in schema.elements():
        generated, errors = schema.check(name, 10)
        assert generated == 10
        assert errors == []


def test_ubl() -> None:
    schema = loaded(next(path for path in ubl() if "Invoice" in path.name))
    names = schema.elements()
    invoice = next(name for name in names if name.endswith("}Invoice"))
    for name in (invoice, *names[::120]):
        _, errors = schema.check(name, 10)
        assert errors == [], name
