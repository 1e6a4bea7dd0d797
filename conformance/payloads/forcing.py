"""Demands: what is optional by its declaration, and without which no document would keep its constraints."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.payloads.compiling import Compiler, leaves
from conformance.payloads.content import Leaf
from conformance.payloads.elements import ElementMaker, ElementType, makers_of
from conformance.payloads.identity import Constraint
from conformance.payloads.simple_types import Role

_Path = tuple[Leaf, ...]


def force_fields(compiler: Compiler) -> None:
    """Every field of a key is there, and of a keyref with several (xmlschema looks for what is half there); no field of
    any constraint is nil, for libxml2 takes none that is."""
    for maker in compiler.makers:
        for constraint in maker.constraints:
            there = constraint.kind == "key" or (constraint.kind == "keyref" and len(constraint.fields) > 1)
            for path in constraint.selector.split("|"):
                for owner, _ in list(_follow(maker, path, constraint)):
                    for field in constraint.fields:
                        _force_field(owner, field.split("|")[0], constraint, there=there)
    compiler.reckon()


def _force_field(owner: ElementMaker, field: str, constraint: Constraint, *, there: bool) -> None:
    path, _, last = field.strip().rpartition("/")
    if last.strip().startswith(("@", "attribute::")):
        if not there:
            return
        name = _clark(last.strip().removeprefix("@").removeprefix("attribute::"), constraint)
        for target, way in list(_follow(owner, path or ".", constraint)):
            _demand(way)
            for kind, _ in target.types:
                use = kind.attributes.declared(name)
                if use is not None:
                    use.required = True
        return
    for target, way in list(_follow(owner, field, constraint)):
        if there:
            _demand(way)
        target.nillable = False


def force_keys(root: ElementMaker, constraint: Constraint) -> bool:
    """A key is there at least once, below every element that declares it; whether that was possible."""
    found = False
    for maker in _reachable(root):
        if constraint in maker.constraints:
            target = next(_follow(maker, constraint.selector.split("|")[0], constraint), None)
            if target is not None:
                _demand(target[1])
                for field in constraint.fields:
                    _force_field(target[0], field.split("|")[0], constraint, there=True)
                found = True
    return found


def force_identifier(root: ElementMaker) -> bool:
    """An ID is there; whether that was possible. The nearest is taken, of the smallest elements where they have one."""
    return _force_nearest(root, first_only=True) or _force_nearest(root, first_only=False)


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """From an element of one of its types to a child that one of its particles lets in."""

    maker: ElementMaker
    kind: ElementType
    leaf: Leaf
    item: ElementMaker

    def demand(self) -> None:
        """From now on this step is always taken."""
        _take_type(self.maker, self.kind)
        self.leaf.demand()
        if self.leaf.items[0] is not self.item:
            self.leaf.items = [self.item]


def _take_type(maker: ElementMaker, kind: ElementType) -> None:
    if maker.types[0][0] is not kind:
        maker.types = [each for each in maker.types if each[0] is kind]


def _force_nearest(root: ElementMaker, *, first_only: bool) -> bool:
    waiting: deque[tuple[ElementMaker, tuple[_Step, ...]]] = deque([(root, ())])
    seen = {id(root)}
    while waiting:
        maker, way = waiting.popleft()
        for kind, _ in maker.types[:1] if first_only else maker.types:
            use = next((each for each in kind.attributes.declared_uses() if each.simple.role is Role.ID), None)
            if use is not None or (kind.simple is not None and kind.simple.role is Role.ID):
                if use is not None:
                    use.required = True
                _take_type(maker, kind)
                for step in way:
                    step.demand()
                return True
            for leaf in kind.content.leaves() if kind.content is not None else ():
                for each in makers_of(leaf.items[:1] if first_only else leaf.items):
                    if id(each) not in seen:
                        seen.add(id(each))
                        waiting.append((each, (*way, _Step(maker, kind, leaf, each))))
    return False


def _demand(way: _Path) -> None:
    for leaf in way:
        leaf.demand()


def _reachable(root: ElementMaker) -> list[ElementMaker]:
    found = [root]
    seen = {id(root)}
    for maker in found:  # grows as it goes
        for leaf in leaves(maker):
            for each in makers_of(leaf.items):
                if id(each) not in seen:
                    seen.add(id(each))
                    found.append(each)
    return found


def _follow(maker: ElementMaker, path: str, constraint: Constraint) -> Iterator[tuple[ElementMaker, _Path]]:
    """The elements that a path of a constraint leads to, each with the particles on the way."""
    path = path.strip()
    if path.startswith(".//"):
        starts = list(_descend(maker))
        path = path[3:]
    else:
        starts = [(maker, ())]
    found = starts
    for raw in path.split("/"):
        step = raw.strip().removeprefix("child::")
        if step == ".":
            continue
        found = [
            (each, (*way, leaf))
            for owner, way in found
            for leaf in leaves(owner)
            for each in makers_of(leaf.items)
            if _matches(each.tag, step, constraint)
        ]
    yield from found


def _descend(maker: ElementMaker) -> Iterator[tuple[ElementMaker, _Path]]:
    waiting: deque[tuple[ElementMaker, _Path]] = deque([(maker, ())])
    seen = {id(maker)}
    while waiting:
        current, way = waiting.popleft()
        yield current, way
        for leaf in leaves(current):
            for each in makers_of(leaf.items):
                if id(each) not in seen:
                    seen.add(id(each))
                    waiting.append((each, (*way, leaf)))


def _matches(tag: str, step: str, constraint: Constraint) -> bool:
    if step == "*":
        return True
    if step.endswith(":*"):
        return tag.startswith(f"{{{constraint.namespaces.get(step[:-2], '')}}}")
    return tag == _clark(step, constraint)


def _clark(name: str, constraint: Constraint) -> str:
    prefix, colon, local = name.strip().rpartition(":")
    namespace = constraint.namespaces.get(prefix, "") if colon else ""
    return f"{{{namespace}}}{local}" if namespace else local
