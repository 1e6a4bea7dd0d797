"""Matching of the domain's fields with places of a schema, by names and types; a field that matches none stays open.

``ask_place`` and ``ask_word`` ask a person on a terminal about open fields.
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

_LEAST = 3  # points below which a name does not match
_ELSEWHERE = 4  # points taken from a place inside the holder's element for a field that is not the holder's
_SHOWN = 5  # candidates that are offered for an open field
_SAMPLES = {
    Kind.GUID: ("6f1c2a52-0d3b-4c8e-9a55-1f0e7c1b2a01",),
    Kind.COUNT: ("1", "3"),
    Kind.MONEY: ("12.35", "0.00"),
    Kind.DATE: ("2026-03-31",),
    Kind.DATE_TIME: ("2026-03-02T08:15:30+02:00",),
    Kind.PERIOD: ("2026-03",),
}
"""Values as the writer of documents writes them; a field fits only a place that accepts them."""
_NOT_TEXT = ("date", "decimal", "integer", "gYearMonth", "boolean", "dateTime", "int", "long", "short")


@dataclass(slots=True)
class Bound:
    """A field and its place, None while it is open. ``values`` maps its values to the schema's words.

    ``lacking`` has the values whose word is not known, ``candidates`` the places that may be the field's, and
    ``constant`` the text of an element that the schema fixes.
    """

    name: str
    required: bool
    place: Place | None = None
    values: dict[str, str] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()
    candidates: tuple[Place, ...] = ()
    constant: str | None = None


@dataclass(slots=True)
class BoundGroup:
    """A group of fields that repeats: the path of its element, and its members."""

    name: str
    path: str
    order: int
    members: list[Bound | BoundGroup]
    branch: Branch


@dataclass(slots=True)
class Draft:
    """The document of one channel with its bound and open fields."""

    channel: ChannelName
    root: str
    members: list[Bound | BoundGroup]
    branch: Branch

    def fields(self) -> Iterable[tuple[str, Bound]]:
        """Yield every field with its full name, such as ``contract.records.holder.code``."""
        yield from _fields(str(self.channel), self.members)


def _fields(prefix: str, members: Iterable[Bound | BoundGroup]) -> Iterable[tuple[str, Bound]]:
    for member in members:
        if isinstance(member, BoundGroup):
            yield from _fields(f"{prefix}.{member.name}", member.members)
        else:
            yield f"{prefix}.{member.name}", member


def draft(channel: ChannelName, root: Branch) -> Draft:
    """Return a channel's document with every field bound that the names identify."""
    words = vocabulary()
    members = DOCUMENTS[channel]
    header = [member for member in members if isinstance(member, Field)]
    (records,) = (member for member in members if isinstance(member, Group))
    heading = _match(header, list(root.places()), {f"header.{key}": value for key, value in words["header"].items()})
    bound: list[Bound | BoundGroup] = [*heading, *_constants(root, heading)]
    groups = sorted(root.groups(), key=lambda group: -group[1].size())
    if groups:
        path, branch = groups[0]
        bound.append(_group(records.name, records, path, branch, words[str(channel)]))
    return Draft(channel, root.step, bound, root)


def _group(name: str, group: Group, path: str, branch: Branch, words: Mapping[str, list[str]]) -> BoundGroup:
    fields = [member for member in group.members if isinstance(member, Field)]
    bound = _match(fields, list(branch.places()), words)
    members: list[Bound | BoundGroup] = [*bound, *_constants(branch, bound)]
    inner = [member for member in group.members if isinstance(member, Group)]
    open_groups = list(branch.groups())
    for inner_group in inner:
        ranked = sorted(
            ((_group_score(inner_group, inside, words), step, inside) for step, inside in open_groups),
            key=lambda candidate: -candidate[0],
        )
        if ranked and ranked[0][0] >= _LEAST:
            _, step, inside = ranked[0]
            members.append(_group(inner_group.name, inner_group, step, inside, words))
            open_groups = [(path, other) for path, other in open_groups if other is not inside]
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
        key=lambda candidate: candidate[:2],
        reverse=True,
    )
    taken: dict[str, Place] = {}
    used: set[str] = set()
    for _, _, _, place, matched in ranked:
        if matched.name not in taken and place.path not in used:
            taken[matched.name] = place
            used.add(place.path)
    return [_bind(field, taken.get(field.name), places, words, used) for field in fields]


def _bind(
    domain_field: Field, place: Place | None, places: list[Place], words: Mapping[str, list[str]], used: set[str]
) -> Bound:
    """Return a field bound to a place, with the words of its values, or open, with candidates."""
    alternatives = words.get(domain_field.name, ())
    free = [other for other in places if other.path not in used and fits(domain_field, other)]
    best = sorted(free, key=lambda other: -_points(domain_field, other, alternatives))[:_SHOWN]
    bound = Bound(domain_field.name, domain_field.required, place, candidates=tuple(best))
    wanted = domain_of(domain_field, place)
    if place is not None and wanted:
        kind = domain_field.choice.__name__ if domain_field.choice is not None else "boolean"
        bound.values = choose(vocabulary()["values"][kind], place.enumeration)
        bound.lacking = tuple(value for value in wanted if value not in bound.values)
    return bound


def domain_of(domain_field: Field, place: Place | None) -> tuple[str, ...]:
    """Return the values of a field whose words must be known; none for text, and for an XML boolean."""
    if domain_field.choice is not None:
        return tuple(str(value) for value in domain_field.choice)
    if domain_field.kind is Kind.BOOLEAN and place is not None and not _takes(place.type, ("true", "false")):
        return ("true", "false")
    return ()


def _points(domain_field: Field, place: Place, alternatives: Iterable[str]) -> int:
    if not fits(domain_field, place):
        return 0
    points = score(alternatives, place.own, place.around)
    holder = vocabulary()["roles"]["holder"]
    elsewhere = not domain_field.name.startswith("holder.") and any(score(holder, name, ()) for name in place.around)
    return points - _ELSEWHERE if elsewhere else points


def fits(domain_field: Field, place: Place) -> bool:
    """Return True when the schema accepts the values of a field at a place."""
    if domain_field.kind is Kind.TEXT:
        return not (place.enumeration or _primitive(place.type) in _NOT_TEXT)
    if domain_field.kind is Kind.CHOICE:
        return len(place.enumeration) >= len(domain_field.choice or ()) or _primitive(place.type) == "string"
    if domain_field.kind is Kind.BOOLEAN:
        return _takes(place.type, ("true", "false")) or len(place.enumeration) == len(("true", "false"))
    return _takes(place.type, _SAMPLES[domain_field.kind]) and not place.enumeration


def _takes(kind: Any, samples: tuple[str, ...]) -> bool:
    return all(kind.is_valid(sample) for sample in samples)


def _primitive(kind: Any) -> str:
    primitive = getattr(kind, "primitive_type", None)
    return str(getattr(primitive, "local_name", "") or "")


def _constants(branch: Branch, bound: Iterable[Bound]) -> Iterable[Bound]:
    """Yield the places that the schema requires and for which it allows one value only."""
    used = {member.place.path for member in bound if member.place is not None}
    for place in branch.places():
        only = place.fixed or (place.enumeration[0] if len(place.enumeration) == 1 else None)
        if place.required and place.path not in used and only is not None:
            name = place.path.rpartition("/")[2].lstrip("@").rpartition(":")[2]
            yield Bound(f"fixed_{name}", required=False, place=place, constant=only)


def ask_place(name: str, bound: Bound) -> str | None:
    """Ask for the place of a field: a number of the list, or a path. Returns the path, None to leave it open."""
    click.echo(f"\n{name}: where is it? Recognised by no name. It could be:")
    for number, place in enumerate(bound.candidates, start=1):
        click.echo(f"  {number}  {place.path}")
    answer: str = click.prompt("Number or path (empty: leave open)", default="", show_default=False)
    answer = answer.strip()
    if answer.isdigit() and 1 <= int(answer) <= len(bound.candidates):
        return bound.candidates[int(answer) - 1].path
    return answer or None


def ask_word(name: str, value: str, place: Place) -> str | None:
    """Ask for the word of a value at a place, until the schema allows it. Returns None to leave it open."""
    allowed = place.enumeration
    there = f" The schema allows: {', '.join(allowed)}." if allowed else ""
    while True:
        click.echo(f"\n{name} at {place.path}: how is {value} written?{there}")
        answer: str = click.prompt("Word (empty: leave open)", default="", show_default=False)
        if not answer.strip() or not allowed or answer.strip() in allowed:
            return answer.strip() or None
        click.echo(f"The schema does not allow {answer.strip()!r}.")
