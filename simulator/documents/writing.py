"""Writing of documents as XML: values stand at the profile's paths, elements in the profile's order.

Elements are written as text, without an object for each, so that documents of hundreds of thousands of records are
written quickly. The bytes are those that lxml writes for the same elements with indentation; a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set

from lxml import etree

from simulator.documents.bindings import Binding, Node
from simulator.documents.fields import RECORDS, Values, values_of, values_of_report
from simulator.documents.parsing import parse
from simulator.documents.profile import Profile
from simulator.documents.values import WRITERS
from simulator.domain.model import Document, ErrorReport

_DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>\n"
_INDENT = "  "
_CUT_ITEM: Values = {}  # stands for the records of a document that is cut
_CUT = "\0"  # no XML text holds it

_FORBIDDEN = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


class WritingError(ValueError):
    """Raised for a value that cannot be written as XML; the message says which field and why."""


def write_document(document: Document, profile: Profile) -> bytes:
    """Return a document as XML in UTF-8, without validating it; raises WritingError."""
    return _write(profile.channel(document.channel).tree, values_of(document), profile)


def document_parts(document: Document, profile: Profile) -> tuple[bytes, bytes, bytes, bytes]:
    """Return a document in four parts: the bytes before its records, the records, the bytes between two, those after.

    With these, a document of any size is written with only some of its records in memory. Raises WritingError, also
    for a document without records.
    """
    tree, values = profile.channel(document.channel).tree, values_of(document)
    writer = _ElementWriter(tree, 0, _prefixes(tree.vocabulary, profile))
    records = writer.of_group(RECORDS)
    if not values[RECORDS]:
        raise WritingError("a document without records has no place to cut it at")
    frame = _DECLARATION + writer.write({**values, RECORDS: [_CUT_ITEM]}) + "\n"
    before, after = frame.split(_CUT)
    between = before[len(before.rstrip()) :]
    body = between.join([records.write(record) for record in values[RECORDS]])
    return before.encode(), body.encode(), between.encode(), after.encode()


def write_error_report(report: ErrorReport, profile: Profile) -> bytes:
    """Return the payload of an error event as XML in UTF-8; raises WritingError."""
    return _write(profile.error_tree, values_of_report(report), profile)


def write_national(documents: Mapping[str, bytes], profile: Profile) -> bytes:
    """Return the national list of discounts with one whole document for each retailer.

    ``documents`` are the documents by the retailers' registration numbers. Raises ParsingError when one is not XML.
    """
    national = profile.national
    root = etree.Element(national.root, nsmap=_prefixes({national.root, national.part}, profile))
    for provider, data in documents.items():
        part = etree.SubElement(root, national.part)
        etree.SubElement(part, national.provider).text = provider
        etree.SubElement(part, national.content).append(parse(data).getroot())
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def national_frame(providers: Sequence[str], profile: Profile) -> list[bytes]:
    """Return the national list without its documents: the bytes before the first, between each two, after the last."""
    national = profile.national
    root = etree.Element(national.root, nsmap=_prefixes({national.root, national.part}, profile))
    for provider in providers:
        part = etree.SubElement(root, national.part)
        etree.SubElement(part, national.provider).text = provider
        etree.SubElement(part, national.content).append(etree.ProcessingInstruction("cut", "here"))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True).split(b"<?cut here?>")


def _write(tree: Node, values: Values, profile: Profile) -> bytes:
    writer = _ElementWriter(tree, 0, _prefixes(tree.vocabulary, profile))
    return f"{_DECLARATION}{writer.write(values)}\n".encode()


def _prefixes(names: Set[str], profile: Profile) -> dict[str | None, str]:
    """Return the namespaces that the document element declares: those of ``names``, by the profile's prefixes.

    A namespace without a prefix in the profile gets one (``ns0``, ``ns1``, ...).
    """
    uris = {name[1:].partition("}")[0] for name in names if name.startswith("{")}
    prefixes: dict[str | None, str] = {prefix: uri for prefix, uri in profile.namespaces.items() if uri in uris}
    for number, uri in enumerate(sorted(uris - set(prefixes.values()))):
        prefixes[f"ns{number}"] = uri
    return prefixes


class _ElementWriter:
    """Writes the elements of one node of a profile's tree, at its depth in the document.

    ``prefixes`` are those that the document element declares.
    """

    def __init__(self, node: Node, depth: int, prefixes: Mapping[str | None, str]) -> None:
        self._node = node
        self._indent = "\n" + _INDENT * depth
        self._tag = _qualified(node.name, prefixes)
        declared = "".join(_namespace(prefix, uri) for prefix, uri in prefixes.items()) if depth == 0 else ""
        conditions = "".join(_attribute(name, value, prefixes) for name, value in node.conditions)
        self._start = f"<{self._tag}{declared}{conditions}"
        self._attributes = [(_qualified(name, prefixes), binding) for name, binding in node.attributes.items()]
        self._children = [
            (child, _ElementWriter(child, depth + 1, prefixes), _leaf(child), _qualified(child.name, prefixes))
            for child in node.children
        ]

    def of_group(self, name: str) -> _ElementWriter:
        """Return the writer of a group's items; raises WritingError when the profile has no place for them."""
        for child, writer, _, _ in self._children:
            if child.group is not None and child.group.name == name:
                return writer
            if child.group is None and name in child.names:
                return writer.of_group(name)
        raise WritingError(f"the profile has no place for {name}")

    def write(self, values: Values) -> str:
        """Write one element, without the white space before and after it; raises WritingError."""
        if values is _CUT_ITEM:
            return _CUT
        parts = [self._start]
        for name, binding in self._attributes:
            value = _text(binding, values)
            if value is not None:
                parts.append(f' {name}="{_in_attribute(value)}"')
        text = None if self._node.text is None else _text(self._node.text, values)
        below = list(self._below(values))
        if below:
            # Indentation takes the place of a blank text, and leaves any other text as it is.
            between = self._indent + _INDENT
            before = _in_text(text) if text and text.strip() else between
            parts += [">", before, between.join(below), self._indent, "</", self._tag, ">"]
        elif text:
            parts += [">", _in_text(text), "</", self._tag, ">"]
        else:
            parts.append("/>" if text is None else f"></{self._tag}>")
        return "".join(parts)

    def _below(self, values: Values) -> Iterator[str]:
        for node, writer, leaf, tag in self._children:
            if leaf is not None:
                text = _text(leaf, values)
                if text:
                    yield f"<{tag}>{_in_text(text)}</{tag}>"
                elif text is not None:
                    yield f"<{tag}></{tag}>"
                elif node.always:
                    yield f"<{tag}/>"
            elif node.group is not None:
                for item in values.get(node.group.name) or ():
                    yield writer.write(item)
            elif _is_needed(node, values):
                yield writer.write(values)


def _is_needed(node: Node, values: Values) -> bool:
    """Tell if an element is written: it has a value, the schema requires it, or it holds constants alone."""
    if node.always or not node.names:
        return True
    return any(values.get(name) not in (None, []) for name in node.names)


def _leaf(node: Node) -> Binding | None:
    return node.text if node.group is None and node.is_leaf else None


def _text(binding: Binding, values: Values) -> str | None:
    if binding.constant is not None or binding.field is None:
        return binding.constant
    value = values.get(binding.name)
    if value is None:
        return None
    text = WRITERS[binding.field.kind](value)
    text = binding.values[text] if binding.values else text
    forbidden = None if text.isprintable() else _FORBIDDEN.search(text)
    if forbidden:
        raise WritingError(f"{binding.name}: XML cannot carry the character U+{ord(forbidden[0]):04X} in {text!r}")
    return text


def _qualified(name: str, prefixes: Mapping[str | None, str]) -> str:
    if not name.startswith("{"):
        return name
    uri, _, local = name[1:].partition("}")
    prefix = next(prefix for prefix, namespace in prefixes.items() if namespace == uri)
    return f"{prefix}:{local}" if prefix else local


def _namespace(prefix: str | None, uri: str) -> str:
    return f' xmlns{f":{prefix}" if prefix else ""}="{_in_attribute(uri)}"'


def _attribute(name: str, value: str, prefixes: Mapping[str | None, str]) -> str:
    return f' {_qualified(name, prefixes)}="{_in_attribute(value)}"'


def _in_text(text: str) -> str:
    if text.isalnum():  # a faster path for most values
        return text
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def _in_attribute(text: str) -> str:
    if text.isalnum():
        return text
    return _in_text(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")
