"""Bindings of fields to paths in the XML, joined into one tree of elements for each kind of document.

Paths are a small part of XPath, which serves both to read and to write: steps ``prefix:name`` from the record down,
``@name`` as the last step for an attribute, ``.`` for the element's own text, and ``[@name='value']`` after a step for
an element that an attribute distinguishes from its siblings.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from simulator.documents.fields import Field
from simulator.documents.parsing import Element
from simulator.domain.provenance import Provenance

_NAME = r"(?:(?P<prefix>[\w.\-]+):)?(?P<name>[^\W\d][\w.\-]*)"
_STEP = re.compile(rf"(?P<at>@?){_NAME}(?P<conditions>(?:\[[^\]]*\])*)")
_CONDITION = re.compile(rf"""\[@{_NAME}\s*=\s*(?P<quote>['"])(?P<value>[^'"]*)(?P=quote)\]""")
_ALLOWED = "steps are prefix:name, @name last, or prefix:name[@name='value']"


class PathError(ValueError):
    """Raised for a path that cannot be read; the message says which step and what is allowed."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path.

    ``name`` is the Clark name of an element, or of an attribute where ``attribute`` is set; ``conditions`` are names
    and values of the attributes that the element must have; ``text`` is the step as written.
    """

    name: str
    attribute: bool = False
    conditions: tuple[tuple[str, str], ...] = ()
    text: str = ""


def parse_path(path: str, namespaces: Mapping[str, str]) -> tuple[Step, ...]:
    """Parse a path with the prefixes of ``namespaces``; raises PathError."""
    if path == ".":
        return ()
    parts = re.findall(r"(?:\[[^\]]*\]|[^/\[])+|(?<=/)(?=/|$)|^(?=/)", path)
    steps = tuple(_step(part, path, namespaces) for part in parts)
    if not steps:
        raise PathError("an empty path; write steps such as ppriv:Header/ppriv:Period")
    if any(step.attribute for step in steps[:-1]):
        raise PathError(f"{path!r}: an attribute (@) can only be the last step")
    return steps


def _step(part: str, path: str, namespaces: Mapping[str, str]) -> Step:
    match = _STEP.fullmatch(part)
    if match is None:
        raise PathError(f"{path!r}: the step {part!r} is not understood; {_ALLOWED}")
    conditions = tuple(
        (_clark(condition["prefix"], condition["name"], path, namespaces), condition["value"])
        for condition in _CONDITION.finditer(match["conditions"])
    )
    if len(conditions) != match["conditions"].count("["):
        raise PathError(f"{path!r}: the condition of {part!r} is not understood; only [@name='value'] is")
    name = _clark(match["prefix"], match["name"], path, namespaces)
    return Step(name, bool(match["at"]), conditions, part)


def _clark(prefix: str | None, name: str, path: str, namespaces: Mapping[str, str]) -> str:
    if not prefix:
        return name
    if prefix not in namespaces:
        known = ", ".join(namespaces) or "none"
        raise PathError(f"{path!r}: the prefix {prefix} is not in [namespaces] of the profile; known are {known}")
    return f"{{{namespaces[prefix]}}}{name}"


@dataclass(frozen=True, slots=True)
class Binding:
    """A field and its path in the XML, or a constant that is written there.

    ``place`` is the key of the profile that binds it and ``written`` the path as written there. ``values`` maps the
    values of a choice to their texts. A constant has no field.
    """

    name: str
    place: str
    path: tuple[Step, ...]
    written: str
    provenance: Provenance
    field: Field | None = None
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)
    constant: str | None = None


@dataclass(frozen=True, slots=True)
class GroupBinding:
    """A group that repeats: the path of its element, and the bindings of the fields and groups inside it."""

    name: str
    place: str
    path: tuple[Step, ...]
    written: str
    members: tuple[Binding | GroupBinding, ...]
    provenance: Provenance


@dataclass(slots=True)
class Node:
    """One element in the tree of a document; it does not change once the profile has been read.

    ``group`` is the group of which each such element is an item. ``text`` and ``attributes`` are the bindings of its
    values. ``always`` marks an element that the schema requires even when it is empty. ``collapse`` means that the
    schema collapses white space in its text, ``collapsed`` names the attributes for which it does. ``names`` holds the
    fields and groups in this element and below.
    """

    name: str
    conditions: tuple[tuple[str, str], ...] = ()
    group: GroupBinding | None = None
    text: Binding | None = None
    collapse: bool = False
    collapsed: set[str] = dataclasses.field(default_factory=set)
    always: bool = False
    attributes: dict[str, Binding] = dataclasses.field(default_factory=dict)
    children: list[Node] = dataclasses.field(default_factory=list)
    by_tag: dict[str, list[Node]] = dataclasses.field(default_factory=dict)
    names: frozenset[str] = frozenset()
    required: tuple[Binding, ...] = ()
    _vocabulary: frozenset[str] | None = None

    @property
    def vocabulary(self) -> frozenset[str]:
        """Names of all elements and attributes of this node and below it."""
        if self._vocabulary is None:
            own = (self.name, *self.attributes, *dict(self.conditions))
            self._vocabulary = frozenset(own).union(*(child.vocabulary for child in self.children))
        return self._vocabulary

    @property
    def is_leaf(self) -> bool:
        """True when the element holds one value and nothing else."""
        return self.text is not None and not (self.children or self.attributes or self.conditions)

    def child(self, element_name: str, attributes: Mapping[str, str]) -> Node | None:
        """Return the child node for an element of this name with these attributes; None when there is none."""
        for candidate in self.by_tag.get(element_name, ()):
            if all(attributes.get(name) == value for name, value in candidate.conditions):
                return candidate
        return None

    def items(self, element: Element, group: str) -> Iterator[Element]:
        """Yield the elements that are items of a group inside an element of this node, in order."""
        for child in element:
            inner = self.child(str(child.tag), child.attrib)  # type: ignore[arg-type]
            if inner is None:
                continue
            if inner.group is not None and inner.group.name == group:
                yield child
            elif inner.group is None and group in inner.names:
                yield from inner.items(child, group)

    def path_to(self, group: str) -> tuple[str, ...] | None:
        """Return the names of the elements from below this node down to a group's items.

        None when the group is not below this node, or names alone do not identify its items.
        """
        for child in self.children:
            if child.conditions or (child.group is not None and child.group.name != group):
                continue
            below = () if child.group is not None else child.path_to(group)
            if below is not None:
                return (child.name, *below)
        return None

    def walk(self) -> Iterator[Node]:
        """Yield this node and all nodes below it."""
        yield self
        for child in self.children:
            yield from child.walk()


def build_tree(root: str, members: tuple[Binding | GroupBinding, ...]) -> Node:
    """Return the tree of elements of a document with the document element ``root`` (Clark name)."""
    node = Node(root)
    _fill(node, members)
    return node


def _fill(node: Node, members: tuple[Binding | GroupBinding, ...]) -> None:
    for member in members:
        if isinstance(member, GroupBinding):
            parent = _descend(node, member.path[:-1])
            last = member.path[-1]
            item = _add(parent, Node(last.name, last.conditions, group=member))
            _fill(item, member.members)
        elif member.path and member.path[-1].attribute:
            _descend(node, member.path[:-1]).attributes[member.path[-1].name] = member
        else:
            _descend(node, member.path).text = member
    node.required = tuple(
        member
        for member in members
        if isinstance(member, Binding) and member.field is not None and member.field.required
    )
    _name(node)


def _descend(node: Node, path: tuple[Step, ...]) -> Node:
    for step in path:
        known = [
            child for child in node.by_tag.get(step.name, ()) if child.conditions == step.conditions and not child.group
        ]
        node = known[0] if known else _add(node, Node(step.name, step.conditions))
    return node


def _add(parent: Node, child: Node) -> Node:
    parent.children.append(child)
    parent.by_tag.setdefault(child.name, []).append(child)
    # a node with conditions is tried before one without, which matches any element of the name
    parent.by_tag[child.name].sort(key=lambda node: -len(node.conditions))
    return child


def _name(node: Node) -> frozenset[str]:
    """Set the names of the fields and groups in each node and below; the fields of a group count only inside it."""
    own = [
        binding
        for binding in (node.text, *node.attributes.values())
        if binding is not None and binding.constant is None
    ]
    below = (frozenset({child.group.name}) if child.group else _name(child) for child in node.children)
    node.names = frozenset(binding.name for binding in own).union(*below)
    return node.names
