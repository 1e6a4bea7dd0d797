"""Names and paths of elements with prefixes, as they stand in messages. Needs no schema library."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from simulator.documents.parsing import Complaint, Element
from simulator.domain.provenance import Provenance

_CLARK = re.compile(r"\{([^{}]*)\}([\w.\-]+)")


class Names:
    """Writes names and paths with prefixes; a name in a namespace without a prefix is written ``{namespace}name``."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        """``prefixes`` maps prefixes to namespaces."""
        self._prefixes = {uri: prefix for prefix, uri in prefixes.items() if prefix}
        self._positions: dict[Element, dict[Element, int]] = {}

    def name(self, clark: str) -> str:
        """Return a Clark name with its prefix."""
        uri, local = split(clark)
        if not uri:
            return local
        prefix = self._prefixes.get(uri)
        return f"{prefix}:{local}" if prefix else clark

    def text(self, message: str) -> str:
        """Return a message with the Clark names in it replaced by names with prefixes."""
        return _CLARK.sub(lambda match: self.name(match[0]), message)

    def path(self, element: Element, attribute: str | None = None) -> str:
        """Return the absolute XPath of an element or attribute, with positions where siblings have the same name."""
        steps = [] if attribute is None else [f"@{self.name(attribute)}"]
        node: Element | None = element
        while node is not None:
            position = self._position(node)
            steps.append(self.name(str(node.tag)) + (f"[{position}]" if position else ""))
            node = node.getparent()
        return "/" + "/".join(reversed(steps))

    def _position(self, element: Element) -> int:
        parent = element.getparent()
        if parent is None:
            return 0
        if parent not in self._positions:
            self._positions[parent] = _positions(parent)
        return self._positions[parent][element]


def _positions(parent: Element) -> dict[Element, int]:
    """Return the position (from 1) of each child among those of its name; 0 where it is the only one."""
    counts: dict[str, int] = {}
    positions: dict[Element, int] = {}
    for child in parent:
        counts[str(child.tag)] = positions[child] = counts.get(str(child.tag), 0) + 1
    return {child: position if counts[str(child.tag)] > 1 else 0 for child, position in positions.items()}


def split(clark: str) -> tuple[str, str]:
    """Return the namespace and the local part of a Clark name."""
    if clark.startswith("{"):
        uri, _, local = clark[1:].partition("}")
        return uri, local
    return "", clark


def wrong_root(root: Element, expected: Iterable[str], names: Names, provenance: Provenance) -> Complaint:
    """Return the complaint about a document element that is none of the ``expected`` ones (Clark names)."""
    uri, local = split(str(root.tag))
    wanted = tuple(expected)
    found = f"the document element {local} in the namespace {uri or '(none)'}"
    spelt = (f"{local} in the namespace {uri or '(none)'}" for uri, local in map(split, wanted))
    return Complaint("root", root.sourceline, names.path(root), found, " or ".join(spelt), provenance)
