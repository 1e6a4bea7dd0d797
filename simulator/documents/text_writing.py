"""Records of a document as text, without an element made for each: for documents of hundreds of thousands of records.

What comes is, byte for byte, what lxml writes of the same records, indented; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from simulator.documents.fields import Values

if TYPE_CHECKING:
    from simulator.documents.bindings import Binding, Node

TextOf = Callable[["Binding", Values], str | None]
"""Gives the text of a binding, None when it has none; raises WritingError."""

_STEP = "  "


class TextWriter:
    """Writes the elements of one node, at its depth in the document.

    ``prefixes`` are those that the document element declares; ``text_of`` gives the values as they are written.
    """

    def __init__(self, node: Node, depth: int, prefixes: Mapping[str | None, str], text_of: TextOf) -> None:
        self._node = node
        self._text_of = text_of
        self._indent = "\n" + _STEP * depth
        self._tag = _qualified(node.name, prefixes)
        self._start = "<" + self._tag + "".join(_attribute(name, value, prefixes) for name, value in node.conditions)
        self._attributes = [(_qualified(name, prefixes), binding) for name, binding in node.attributes.items()]
        self._children = [
            (each, TextWriter(each, depth + 1, prefixes, text_of), _leaf(each), _qualified(each.name, prefixes))
            for each in node.children
        ]

    def write(self, values: Values) -> str:
        """One element, without the white space before and after it."""
        parts = [self._start]
        for name, binding in self._attributes:
            value = self._text_of(binding, values)
            if value is not None:
                parts.append(f' {name}="{_in_attribute(value)}"')
        text = None if self._node.text is None else self._text_of(self._node.text, values)
        below = list(self._below(values))
        if below:
            # Indenting puts white space for a text that is none, and leaves any other text as it is.
            between = self._indent + _STEP
            before = _in_text(text) if text and text.strip() else between
            parts += [">", before, between.join(below), self._indent, "</", self._tag, ">"]
        elif text:
            parts += [">", _in_text(text), "</", self._tag, ">"]
        else:
            # lxml writes an element with an empty text as it writes one without.
            parts.append("/>" if text is None else f"></{self._tag}>")
        return "".join(parts)

    def _below(self, values: Values) -> Iterator[str]:
        for node, writer, leaf, tag in self._children:
            if leaf is not None:
                text = self._text_of(leaf, values)
                if text:
                    yield f"<{tag}>{_in_text(text)}</{tag}>"
                elif text is not None:
                    yield f"<{tag}></{tag}>"
                elif node.always:
                    yield f"<{tag}/>"
            elif node.group is not None:
                for item in values.get(node.group.name) or ():
                    yield writer.write(item)
            elif is_needed(node, values):
                yield writer.write(values)


def is_needed(node: Node, values: Values) -> bool:
    """Whether an element is written: it holds something, must be there, or holds constants alone."""
    if node.always or not node.names:
        return True
    return any(values.get(name) not in (None, []) for name in node.names)


def _leaf(node: Node) -> Binding | None:
    return node.text if node.group is None and node.is_leaf else None


def _qualified(name: str, prefixes: Mapping[str | None, str]) -> str:
    if not name.startswith("{"):
        return name
    uri, _, local = name[1:].partition("}")
    prefix = next(prefix for prefix, each in prefixes.items() if each == uri)
    return f"{prefix}:{local}" if prefix else local


def _attribute(name: str, value: str, prefixes: Mapping[str | None, str]) -> str:
    return f' {_qualified(name, prefixes)}="{_in_attribute(value)}"'


def _in_text(text: str) -> str:
    if text.isalnum():  # nearly always: worth a shorter way
        return text
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def _in_attribute(text: str) -> str:
    if text.isalnum():
        return text
    return _in_text(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")
