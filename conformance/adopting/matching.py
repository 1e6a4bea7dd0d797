"""Binds the domain's fields to places of a schema by names and types; what no name tells stays open.

Asks a person on a terminal what no name tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import rich_click as click

from conformance.adopting.places import Branch, Place, choose, score, vocabulary
from simulator.documents.fields import DOCUMENTS, Field, Group
from simulator.documents.values import Kind
from simulator.domain.model import ChannelName

_LEAST = 3  # points below which a name says nothing
_ELSEWHERE = 4  # points less for what stands with the holder but is not the holder's
_SHOWN = 5  # candidates that are offered for a field that stays open
_SAMPLES = {
    Kind.GUID: ("6f1c2a52-0d3b-4c8e-9a55-1f0e7c1b2a01",),
    Kind.COUNT: ("1", "3"),
    Kind.MONEY: ("12.35", "0.00"),
    Kind.DATE: ("2026-03-31",),
    Kind.DATE_TIME: ("2026-03-02T08:15:30+02:00",),
    Kind.PERIOD: ("2026-03",),
}
"""What our writer writes; a place that does not take it is none for such a field."""
_NOT_TEXT = ("date", "decimal", "integer", "gYearMonth", "boolean", "dateTime", "int", "long", "short")


@dataclass(slots=True)
class Bound:
    """A field and its place; ``values`` is how its words are written. Without a place it is open."""

    name: str
    required: bool
    place: Place | None = None
    values: dict[str, str] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()
    candidates: tuple[Place, ...] = ()
    constant: str | None = None


@dataclass(slots=True)
class BoundGroup:
    """A group of fields that repeats, the path of its element, and what is in it."""

    name: str
    path: str
    order: int
    members: list[Bound | BoundGroup]
    branch: Branch


@dataclass(slots=True)
class Draft:
    """What was made of one channel."""

    channel: ChannelName
    root: str
    members: list[Bound | BoundGroup]
    branch: Branch

    def fields(self) -> Iterable[tuple[str, Bound]]:
        """Every field with its full name, such as ``contract.records.holder.code``."""
        yield from _fields(str(self.channel), self.members)


def _fields(prefix: str, members: Iterable[Bound | BoundGroup]) -> Iterable[tuple[str, Bound]]:
    for member in members:
        if isinstance(member, BoundGroup):
            yield from _fields(f"{prefix}.{member.name}", member.members)
        else:
            yield f"{prefix}.{member.name}", member


def draft(channel: ChannelName, root: Branch) -> Draft:
    """Bind a channel's document as far as names allow."""
    words = vocabulary()
    members = DOCUMENTS[channel]
    header = [member for member in members if isinstance(member, Field)]
    (records,) = (member for member in members if isinstance(member, Group))
    heading = _match(header, list(root.places()), {f"header.{key}": value for key, value in words["header"].items()})
    found: list[Bound | BoundGroup] = [*heading, *_constants(root, heading)]
    groups = sorted(root.groups(), key=lambda group: -group[1].size())
    if groups:
        path, branch = groups[0]
        found.append(_group(records.name, records, path, branch, words[str(channel)]))
    return Draft(channel, root.step, found, root)


def _group(name: str, group: Group, path: str, branch: Branch, words: Mapping[str, list[str]]) -> BoundGroup:
    fields = [member for member in group.members if isinstance(member, Field)]
    bound = _match(fields, list(branch.places()), words)
    members: list[Bound | BoundGroup] = [*bound, *_constants(branch, bound)]
    inner = [member for member in group.members if isinstance(member, Group)]
    open_groups = list(branch.groups())
    for each in inner:
        ranked = sorted(
            ((_group_score(each, inside, words), step, inside) for step, inside in open_groups),
            key=lambda one: -one[0],
        )
        if ranked and ranked[0][0] >= _LEAST:
            _, step, inside = ranked[0]
            members.append(_group(each.name, each, step, inside, words))
            open_groups = [one for one in open_groups if one[1] is not inside]
    return BoundGroup(name, path, branch.order, members, branch)


def _group_score(group: Group, branch: Branch, words: Mapping[str, list[str]]) -> int:
    return score(words.get(group.name, ()), branch.own, ())


def _match(fields: list[Field], places: list[Place], words: Mapping[str, list[str]]) -> list[Bound]:
    ranked = sorted(
        (
            (points, -place.order, index, place, field)
            for index, place in enumerate(places)
            for field in fields
            if (points := _points(field, place, words.get(field.name, ()))) >= _LEAST
        ),
        key=lambda one: one[:2],
        reverse=True,
    )
    taken: dict[str, Place] = {}
    used: set[str] = set()
    for _, _, _, place, each in ranked:
        if each.name not in taken and place.path not in used:
            taken[each.name] = place
            used.add(place.path)
    return [_bind(field, taken.get(field.name), places, words, used) for field in fields]


def _bind(
    each: Field, place: Place | None, places: list[Place], words: Mapping[str, list[str]], used: set[str]
) -> Bound:
    """A field at a place, with the words of its values; or open, with the places that it might have."""
    free = [one for one in places if one.path not in used and fits(each, one)]
    best = sorted(free, key=lambda one: -_points(each, one, words.get(each.name, ())))[:_SHOWN]
    bound = Bound(each.name, each.required, place, candidates=tuple(best))
    wanted = domain_of(each, place)
    if place is not None and wanted:
        kind = each.choice.__name__ if each.choice is not None else "boolean"
        bound.values = choose(vocabulary()["values"][kind], place.enumeration)
        bound.lacking = tuple(one for one in wanted if one not in bound.values)
    return bound


def domain_of(each: Field, place: Place | None) -> tuple[str, ...]:
    """The values of a field whose words have to be known; none where an XML boolean says it all."""
    if each.choice is not None:
        return tuple(str(one) for one in each.choice)
    if each.kind is Kind.BOOLEAN and place is not None and not _takes(place.type, ("true", "false")):
        return ("true", "false")
    return ()


def _points(each: Field, place: Place, alternatives: Iterable[str]) -> int:
    if not fits(each, place):
        return 0
    points = score(alternatives, place.own, place.around)
    holder = vocabulary()["roles"]["holder"]
    elsewhere = not each.name.startswith("holder.") and any(score(holder, one, ()) for one in place.around)
    return points - _ELSEWHERE if elsewhere else points


def fits(each: Field, place: Place) -> bool:
    """Whether the schema takes at a place what we write of a field."""
    if each.kind is Kind.TEXT:
        return not (place.enumeration or _primitive(place.type) in _NOT_TEXT)
    if each.kind is Kind.CHOICE:
        return len(place.enumeration) >= len(each.choice or ()) or _primitive(place.type) == "string"
    if each.kind is Kind.BOOLEAN:
        return _takes(place.type, ("true", "false")) or len(place.enumeration) == len(("true", "false"))
    return _takes(place.type, _SAMPLES[each.kind]) and not place.enumeration


def _takes(kind: Any, samples: tuple[str, ...]) -> bool:
    return all(kind.is_valid(sample) for sample in samples)


def _primitive(kind: Any) -> str:
    primitive = getattr(kind, "primitive_type", None)
    return str(getattr(primitive, "local_name", "") or "")


def _constants(branch: Branch, bound: Iterable[Bound]) -> Iterable[Bound]:
    """What the schema requires and leaves no choice about: the one value that it allows."""
    used = {each.place.path for each in bound if each.place is not None}
    for place in branch.places():
        only = place.fixed or (place.enumeration[0] if len(place.enumeration) == 1 else None)
        if place.required and place.path not in used and only is not None:
            name = place.path.rpartition("/")[2].lstrip("@").rpartition(":")[2]
            yield Bound(f"fixed_{name}", required=False, place=place, constant=only)


def ask_place(name: str, bound: Bound) -> str | None:
    """Where a field is: a number of the list or a path; nothing leaves it open. Asked again for a path that is none."""
    click.echo(f"\n{name}: where is it? Recognised by no name. It could be:")
    for number, each in enumerate(bound.candidates, start=1):
        click.echo(f"  {number}  {each.path}")
    answer: str = click.prompt("Number or path (empty: leave open)", default="", show_default=False)
    answer = answer.strip()
    if answer.isdigit() and 1 <= int(answer) <= len(bound.candidates):
        return bound.candidates[int(answer) - 1].path
    return answer or None


def ask_word(name: str, value: str, place: Place) -> str | None:
    """How a value is written at a place; nothing leaves it open. What the schema does not allow is asked again."""
    allowed = place.enumeration
    there = f" The schema allows: {', '.join(allowed)}." if allowed else ""
    while True:
        click.echo(f"\n{name} at {place.path}: how is {value} written?{there}")
        answer: str = click.prompt("Word (empty: leave open)", default="", show_default=False)
        if not answer.strip() or not allowed or answer.strip() in allowed:
            return answer.strip() or None
        click.echo(f"The schema does not allow {answer.strip()!r}.")
