"""Explanation of why a document is invalid: where, what was found, what was expected, and by which source.

libxml2 decides if a document is valid, and its log names the nodes with errors. xmlschema then checks only the records
of those nodes and explains the errors, so that one invalid record in a large document is explained as quickly as in a
small one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, cast

import xmlschema
from lxml import etree
from xmlschema.validators import (
    XMLSchemaChildrenValidationError,
    XMLSchemaDecodeError,
    XMLSchemaValidationError,
    XsdAttributeGroup,
    XsdElement,
    XsdEnumerationFacets,
    XsdFacet,
    XsdFractionDigitsFacet,
    XsdGroup,
    XsdLengthFacet,
    XsdMaxExclusiveFacet,
    XsdMaxInclusiveFacet,
    XsdMaxLengthFacet,
    XsdMinExclusiveFacet,
    XsdMinInclusiveFacet,
    XsdMinLengthFacet,
    XsdPatternFacets,
    XsdTotalDigitsFacet,
)

from simulator.documents.element_names import Names, split
from simulator.documents.parsing import Complaint, Element, Tree
from simulator.domain.provenance import Basis, Provenance

BASIS = "urn:aldis-conformance:basis"
SCHEMA = "schema"
_FACT = f"{{{BASIS}}}fact"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_RECORD_PATH = re.compile(r"/[^/]+/([^/\[]+)(?:\[(\d+)\])?(?:/(.+))?")
_ATTRIBUTE_VALUE = re.compile(r"attribute ([^=]+)='.*?': (.*)", re.DOTALL)
_SUBJECT = re.compile(r"^Element '[^']*'(, attribute '[^']*')?: ")
_FULLY_EXPLAINED = 1000
"""Most records that xmlschema explains; errors in further records have libxml2's message."""

_WHOLE = "a whole number in digits"
_BUILT_IN = {
    "boolean": "true, false, 1 or 0",
    "date": "a day that exists, written YYYY-MM-DD",
    "dateTime": "a date and time that exist, written YYYY-MM-DDThh:mm:ss with the time zone",
    "decimal": "a number in digits, with a point before the decimals, such as 12.50",
    "gYearMonth": "a month, written YYYY-MM",
    "byte": _WHOLE,
    "int": _WHOLE,
    "integer": _WHOLE,
    "long": _WHOLE,
    "short": _WHOLE,
    "nonNegativeInteger": "a whole number in digits, 0 or more",
    "positiveInteger": "a whole number in digits, 1 or more",
}


def explain(
    tree: Tree,
    log: Iterable[etree._LogEntry],
    model: xmlschema.XMLSchema10,
    names: Names,
    provenance: Provenance,
) -> tuple[Complaint, ...]:
    """Return the complaints about a document that libxml2 found invalid, at least one, in the order of their lines.

    ``log`` is libxml2's error log; ``provenance`` is the source for declarations that name none in the schema file.
    """
    entries = tuple(log)
    explainer = _Explainer(tree, model, names, provenance)
    finder = _Nodes(tree)
    nodes = [finder.find(entry.path) for entry in entries]
    units = explainer.units(nodes)
    complaints: list[Complaint] = []
    explained: set[Element] = set()
    for unit in units[:_FULLY_EXPLAINED]:
        try:
            complaints += explainer.all_of(unit)
        except xmlschema.XMLSchemaException:
            continue  # xmlschema gives up where xsi:type names no type; libxml2's message remains
        explained.add(unit)
    for entry, node in zip(entries, nodes, strict=True):
        if not complaints or not explained.intersection(explainer.units([node])):
            complaints.append(explainer.plain(entry, node))
    return tuple(sorted(dict.fromkeys(complaints), key=lambda complaint: complaint.line or 0))


class _Nodes:
    """Finds the element at the path of a log entry, which has the document's own prefixes or wildcards.

    The record is looked up in a list, because XPath would count through all records again for every entry.
    """

    def __init__(self, tree: Tree) -> None:
        self._root = tree.getroot()
        self._prefixes = _bound(self._root.nsmap.items())
        self._records: dict[str, list[Element]] = {}

    def find(self, path: str | None) -> Element:
        """Return the element at a path; the document element when the path is None or unknown."""
        match = _RECORD_PATH.fullmatch(path or "")
        if match is None:
            return self._root
        name, position, rest = match.groups()
        if name not in self._records:
            self._records[name] = self._select(self._root, name)
        records = self._records[name]
        index = int(position or 1) - 1
        if index >= len(records):
            return self._root
        elements = self._select(records[index], rest) if rest else [records[index]]
        return elements[0] if elements else records[index]

    def _select(self, start: Element, path: str) -> list[Element]:
        try:
            result = start.xpath(path, namespaces=self._prefixes)
        except etree.XPathEvalError:  # a prefix that is bound further down
            self._prefixes = _bound(pair for element in self._root.iter() for pair in element.nsmap.items())
            result = start.xpath(path, namespaces=self._prefixes)
        return [element for element in result if etree.iselement(element)] if isinstance(result, list) else []


def _bound(pairs: Iterable[tuple[str | None, str]]) -> dict[str, str]:
    return {prefix: uri for prefix, uri in pairs if prefix}


class _Explainer:
    def __init__(self, tree: Tree, model: xmlschema.XMLSchema10, names: Names, provenance: Provenance) -> None:
        self._root = tree.getroot()
        self._model = model
        self._names = names
        self._provenance = provenance

    def units(self, nodes: Iterable[Element]) -> list[Element]:
        """Return the elements to check again: the record of each node, or the document element.

        A record is a child of the document element. A misplaced record is an error of the document element as well.
        """
        units: dict[Element, None] = {}
        for node in nodes:
            record = node
            while (parent := record.getparent()) is not None and parent is not self._root:
                record = parent
            if record is node:
                units[self._root] = None
            if record is not self._root:
                units[record] = None
        return list(units)

    def all_of(self, unit: Element) -> list[Complaint]:
        """Return all complaints about a unit; raises XMLSchemaException where xmlschema gives up."""
        return [self._complaint(error) for error in self._errors(unit)]

    def plain(self, entry: etree._LogEntry, node: Element) -> Complaint:
        """Return a log entry of libxml2 as a complaint, with libxml2's message."""
        message = self._names.text(_SUBJECT.sub("", entry.message.strip()))
        found, _, expected = message.partition(" Expected is ")
        wanted = expected.strip("( ).") or documentation(self._declaration(node)) or "what the schema allows here"
        return Complaint(SCHEMA, entry.line, self._names.path(node), found, wanted, self._source(node))

    def _errors(self, unit: Element) -> Iterator[XMLSchemaValidationError]:
        if unit is self._root:
            yield from self._model.iter_errors(cast("Any", self._root.getroottree()), max_depth=1)
            return
        declaration = self._declaration(unit)
        if declaration is not None:
            yield from declaration.iter_errors(cast("Any", unit))

    def _complaint(self, error: XMLSchemaValidationError) -> Complaint:
        failing: object = error.elem
        element = failing if etree.iselement(failing) else self._root
        source = self._source(element)
        if isinstance(error, XMLSchemaChildrenValidationError):
            return self._about_children(error, element, source)
        if isinstance(error.validator, XsdAttributeGroup):
            return self._about_attributes(error, element, source)
        value = _ATTRIBUTE_VALUE.match(error.reason or "")
        if value is not None:
            attributes = map(str, element.attrib)
            name = next((clark for clark in attributes if self._is_spelt(clark, value[1])), value[1])
            return self._make(element, name, _shown(element.get(name)), self._words(error, value[2]), source)
        found = _shown(element.text) if not isinstance(error.validator, XsdGroup) else "text between the elements"
        return self._make(element, None, found, self._expected(error, element), source)

    def _make(
        self, element: Element, attribute: str | None, found: str, expected: str, source: Provenance
    ) -> Complaint:
        return Complaint(SCHEMA, element.sourceline, self._names.path(element, attribute), found, expected, source)

    def _about_children(
        self, error: XMLSchemaChildrenValidationError, element: Element, source: Provenance
    ) -> Complaint:
        wanted = [
            self._names.name(str(element.name)) for element in error.expected or () if getattr(element, "name", None)
        ]
        children = list(element)
        if error.invalid_tag is not None and error.index < len(children):
            child = children[error.index]
            expected = _either(wanted) if wanted else f"no such element here; {self._allowed(element)}"
            found = f"the element {self._names.name(str(child.tag))}"
            return self._make(child, None, found, expected, source)
        found = f"{self._names.name(str(element.tag))} ends too early"
        return self._make(element, None, found, _either(wanted) if wanted else self._allowed(element), source)

    def _about_attributes(self, error: XMLSchemaValidationError, element: Element, source: Provenance) -> Complaint:
        reason = self._names.text(error.reason or "")
        named = re.search(r"'([^']+)'", error.reason or "")
        missing = "missing" in reason
        allowed = _listed(self._attributes(element))
        expected = reason if missing else f"only the attributes {allowed}" if allowed else "no attributes here"
        found = "a required attribute left out" if missing else f"the attribute {named[1] if named else '?'}"
        return self._make(element, None if missing or not named else named[1], found, expected, source)

    def _expected(self, error: XMLSchemaValidationError, element: Element) -> str:
        if isinstance(error.validator, XsdGroup):
            return self._allowed(element)
        words = self._words(error, error.reason or "")
        meaning = documentation(self._declaration(element))
        return f"{words} ({meaning.rstrip('.')})" if meaning else words

    def _words(self, error: XMLSchemaValidationError, reason: str) -> str:
        """Return what a value must be: by the facet, else by the built-in type, else by xmlschema's message."""
        words = _facet_words(error.validator)
        if words is None and isinstance(error, XMLSchemaDecodeError):
            words = _BUILT_IN.get(getattr(error.validator, "local_name", None) or "")
        return words or self._names.text(reason) or "what the schema allows here"

    def _is_spelt(self, name: str, written: str) -> bool:
        """Return True when xmlschema's spelling of an attribute, with any prefix, means a Clark name."""
        return split(name)[1] == written.rpartition(":")[2].rpartition("}")[2]

    def _declaration(self, element: Element) -> XsdElement | None:
        """Return the schema's declaration of an element; None where the schema has none on the way from the root."""
        chain = [element, *element.iterancestors()]
        declaration = global_element(self._model, str(self._root.tag))
        for step in reversed(chain[:-1]):
            if declaration is None:
                return None
            declaration = child_declaration(declaration, str(step.tag))
        return declaration

    def _allowed(self, element: Element) -> str:
        declaration = self._declaration(element)
        inside = [self._names.name(child.name) for child in child_declarations(declaration) if child.name]
        return f"{self._names.name(str(element.tag))} may hold {_listed(inside) or 'no elements'}"

    def _attributes(self, element: Element) -> list[str]:
        declaration = self._declaration(element)
        return [self._names.name(name) for name in (declaration.attributes if declaration is not None else ()) if name]

    def _source(self, element: Element) -> Provenance:
        declaration = self._declaration(element)
        return fact(declaration) or self._provenance


def global_element(model: xmlschema.XMLSchema10, clark: str) -> XsdElement | None:
    """Return the declaration of a document element (Clark name), in the schema or in one that it imports."""
    return model.maps.elements.get(clark)


def document_elements(model: xmlschema.XMLSchema10) -> tuple[str, ...]:
    """Return the document elements (Clark names) of the schema's own namespace."""
    return tuple(element.name for element in model.elements.values())


def content_group(declaration: XsdElement | None) -> XsdGroup | None:
    """Return the content model of an element that holds elements; None for one that holds only text."""
    content = getattr(getattr(declaration, "type", None), "content", None)
    return content if isinstance(content, XsdGroup) else None


def child_declarations(declaration: XsdElement | None) -> tuple[XsdElement, ...]:
    """Return the elements that a declaration allows as children, without wildcards."""
    content = content_group(declaration)
    if content is None:
        return ()
    return tuple(element for element in content.iter_elements() if isinstance(element, XsdElement))


def child_declaration(declaration: XsdElement, clark: str) -> XsdElement | None:
    """Return the declaration of a child (Clark name); a member of a substitution group replaces its head."""
    for child in child_declarations(declaration):
        if child.name == clark:
            return child
        if any(member.name == clark for member in child.iter_substitutes()):
            return next(member for member in child.iter_substitutes() if member.name == clark)
    return None


def fact(declaration: XsdElement | None) -> Provenance | None:
    """Return the basis and source that the schema file notes on a declaration, or else on its type."""
    for component in _annotated(declaration):
        for info in component.annotation.appinfo:
            for element in info.iter(_FACT):
                basis, source = element.get("basis"), element.get("source")
                if basis and source:
                    return Provenance(Basis(basis), source)
    return None


def documentation(declaration: XsdElement | None, language: str = "en") -> str:
    """Return the schema's documentation of a value: that of its type, which says its form, or else of the element."""
    for component in reversed(_annotated(declaration)):
        for text in component.annotation.documentation:
            if text.get(_LANGUAGE) == language and text.text:
                return str(text.text).strip()
    return ""


def _annotated(declaration: XsdElement | None) -> list[Any]:
    if declaration is None:
        return []
    candidates = (declaration, getattr(declaration, "ref", None), declaration.type)
    return [candidate for candidate in candidates if getattr(candidate, "annotation", None) is not None]


def _facet_words(facet: object) -> str | None:
    """Return what a facet requires, as a phrase; None for an unknown facet."""
    match facet:
        case XsdEnumerationFacets():
            return f"one of {_listed([str(value) for value in facet.enumeration])}"
        case XsdPatternFacets():
            return f"text of the form {' and '.join(facet.regexps)}"
        case XsdLengthFacet():
            return f"exactly {facet.value} characters"
        case XsdMinLengthFacet():
            return f"at least {facet.value} character{'' if facet.value == 1 else 's'}"
        case XsdMaxLengthFacet():
            return f"at most {facet.value} characters"
        case XsdFractionDigitsFacet():
            return f"at most {facet.value} digits after the point"
        case XsdTotalDigitsFacet():
            return f"at most {facet.value} digits"
        case XsdMinInclusiveFacet():
            return f"{_digits(facet)} or more"
        case XsdMaxInclusiveFacet():
            return f"{_digits(facet)} or less"
        case XsdMinExclusiveFacet():
            return f"more than {_digits(facet)}"
        case XsdMaxExclusiveFacet():
            return f"less than {_digits(facet)}"
        case _:
            return None


def _digits(facet: XsdFacet) -> str:
    return str(facet.value)


def _shown(text: str | None) -> str:
    value = text or ""
    return f"the value '{value if len(value) <= 80 else value[:77] + '...'}'" if value else "an empty value"


def _either(names: list[str]) -> str:
    return f"the element {names[0]}" if len(names) == 1 else f"one of the elements {_listed(names)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
