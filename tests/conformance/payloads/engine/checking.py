"""A small schema, the strategy of one of its elements, and what two validators say of the documents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import hypothesis
import xmlschema
from hypothesis import Phase, given
from lxml import etree

from conformance.payloads import from_schema, load_schema

XS = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"'
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
NIL = f"{XSI}nil"
TYPE = f"{XSI}type"

Element = etree._Element


class Checked:
    """The documents of an element ``e`` of a schema; every document that is looked at is checked by both validators."""

    def __init__(self, folder: Path, body: str, *, attributes: str = "", element: str = "e", **others: str) -> None:
        for name, text in others.items():
            (folder / f"{name}.xsd").write_text(text, encoding="utf-8")
        path = folder / "schema.xsd"
        path.write_text(f"<xs:schema {XS} {attributes}>{body}</xs:schema>", encoding="utf-8")
        self.schema: xmlschema.XMLSchema10 = load_schema(path)
        self._compiled = etree.XMLSchema(etree.parse(str(path)))
        self.strategy = from_schema(self.schema, element)

    def check(self, document: Element) -> None:
        """Valid by libxml2 and by xmlschema, in memory and once it was written and read."""
        assert self._compiled.validate(document), (self._compiled.error_log, etree.tostring(document))
        error = next(self.schema.iter_errors(document), None)
        assert error is None, (error.reason, etree.tostring(document))
        data = etree.tostring(document.getroottree(), encoding="UTF-8")
        again = etree.fromstring(data, etree.XMLParser(resolve_entities=False))
        assert self._compiled.validate(again), (self._compiled.error_log, data)

    def documents(self, count: int = 60) -> list[Element]:
        """So many documents, all valid, at Hypothesis's own settings of health."""
        documents: list[Element] = []

        @hypothesis.settings(
            max_examples=count, database=None, deadline=None, derandomize=True, phases=[Phase.generate]
        )
        @given(self.strategy)
        def collect(document: Element) -> None:
            documents.append(document)
            self.check(document)

        collect()
        return documents

    def reach(self, wanted: Callable[[Element], object]) -> Element:
        """The smallest document of a kind."""
        return self._find(wanted, [Phase.generate, Phase.shrink])

    def see(self, wanted: Callable[[Element], object]) -> Element:
        """A document of a kind, as it comes."""
        return self._find(wanted, [Phase.generate])

    def _find(self, wanted: Callable[[Element], object], phases: list[Phase]) -> Element:
        settings = hypothesis.settings(max_examples=1500, database=None, deadline=None, derandomize=True, phases=phases)
        document = hypothesis.find(self.strategy, lambda document: bool(wanted(document)), settings=settings)
        self.check(document)
        return document

    def smallest(self) -> str:
        """The smallest document, without the declarations of namespaces that are not used."""
        document = self.reach(lambda _: True)
        etree.cleanup_namespaces(document)
        return etree.tostring(document, encoding="unicode")


def tags(element: Element) -> str:
    """The local names of the children, one after the other."""
    return " ".join(etree.QName(child).localname for child in element)
