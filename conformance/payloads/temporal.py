"""The texts of dates and times under bounds and patterns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xmlschema.validators.simple_types import XsdSimpleType

from conformance.payloads import moments as points
from conformance.payloads import regex
from conformance.payloads.automata import Intersection, Machine, PatternMachine, Union, write_out
from conformance.payloads.bounds import Ordered
from conformance.payloads.characters import WRITTEN
from conformance.payloads.errors import Unsatisfiable, Unsupported
from conformance.payloads.facets import Facets
from conformance.payloads.moments import KINDS, OFFSET, Kind, Moments
from conformance.payloads.places import place_of
from conformance.payloads.values import Mixed, Values
from conformance.payloads.words import Words


@dataclass(frozen=True, slots=True)
class _Range:
    """Ordinals from ``low`` to ``high`` for texts that end in one of the zones (None: any offset)."""

    low: int
    high: int
    zones: tuple[str | None, ...]


def moments(xsd_type: XsdSimpleType, facets: Facets, patterns: Sequence[Machine]) -> Values:
    """The texts of a type of date or time; raises Unsatisfiable or Unsupported."""
    kind = KINDS[facets.builtin]
    if not patterns:
        found = _ranges(xsd_type, facets, kind)[0]
        return Moments(kind, found.low, found.high, found.zones, fractions=True)
    makers: list[Values] = []
    for span in _ranges(xsd_type, facets, kind):
        for zone in span.zones:
            form = _form(kind, span, zone)
            table = write_out(Intersection([form, *patterns]))
            if table.empty:
                continue
            if table.count() == write_out(form).count():
                makers.append(Moments(kind, span.low, span.high, (zone,), fractions=False))
            else:
                makers.append(Words(table))
        if makers:
            return makers[0] if len(makers) == 1 else Mixed(makers)
    fractions = PatternMachine(regex.parse(rf"{kind.form}\.[0-9]{{1,6}}(Z|{OFFSET})?"), WRITTEN)
    if kind.clock and not facets.bounds and not (table := write_out(Intersection([fractions, *patterns]))).empty:
        return Words(table)
    tried = f" ({'; '.join(' | '.join(step.patterns) for step in facets.steps)})"
    raise Unsatisfiable(
        f"no {facets.builtin} of the years 1 to 9999 fits the patterns{tried}"
        + (f" and the bounds {', '.join(each.text for each in facets.bounds)}" if facets.bounds else ""),
        place_of(xsd_type),
    )


def machine(xsd_type: XsdSimpleType, facets: Facets) -> Machine:
    """The same texts as a machine, patterns aside, for use inside a list or union."""
    kind = KINDS[facets.builtin]
    found: list[Machine] = []
    for span in _ranges(xsd_type, facets, kind)[:1]:
        found += [_form(kind, span, zone) for zone in span.zones]
    return Union(found)


def _form(kind: Kind, span: _Range, zone: str | None) -> Machine:
    end = OFFSET if zone is None else zone.replace("+", r"\+").replace("-", r"\-")
    form = PatternMachine(regex.parse(kind.form + end), WRITTEN)
    if (span.low, span.high) == (kind.low, kind.high):
        return form
    return Intersection([form, Ordered(kind.write(span.low), kind.write(span.high), WRITTEN)])


def _ranges(xsd_type: XsdSimpleType, facets: Facets, kind: Kind) -> list[_Range]:
    """The ordinals that keep the bounds: first in the bounds' own zone, then (where zones can be counted) in others."""
    if not facets.bounds:
        return [_Range(kind.low, kind.high, ("", "Z", None))]
    read = []
    for bound in facets.bounds:
        try:
            read.append((bound, points.read(kind, bound.text)))
        except ValueError:
            raise Unsupported(
                f"the bound {bound.text} of {facets.builtin} is outside the years 1 to 9999", place_of(xsd_type)
            ) from None
    zones = list(dict.fromkeys(moment.zone for _, moment in read))
    if len(zones) > 1 and (kind.unit is None or "" in zones):
        raise Unsupported(
            f"bounds of {facets.builtin} in zones that cannot be compared: "
            + ", ".join(each.text for each in facets.bounds),
            place_of(xsd_type),
        )
    others = [] if zones == [""] or kind.unit != 1 else ["Z", "+02:00", "+03:00", *_half_hours()]
    found: list[_Range] = []
    for zone in dict.fromkeys([*zones, *others]):
        low, high = kind.low, kind.high
        for bound, moment in read:
            shift = 0 if kind.unit is None else (points.minutes(zone) - points.minutes(moment.zone)) * 60
            if kind.unit is not None and shift % kind.unit:
                shift = shift // kind.unit if not bound.lower else -(-shift // kind.unit)
            elif kind.unit is not None:
                shift //= kind.unit
            at = moment.ordinal + shift
            if bound.lower:
                low = max(low, at + (1 if moment.fraction or not bound.included else 0))
            else:
                high = min(high, at - (1 if not bound.included and not moment.fraction else 0))
        if low <= high:
            found.append(_Range(low, high, (zone,)))
    if not found:
        raise Unsatisfiable(
            f"no {facets.builtin} lies within the bounds {', '.join(each.text for each in facets.bounds)}",
            place_of(xsd_type),
        )
    return found


def _half_hours() -> list[str]:
    return [
        f"{sign}{half // 2:02d}:{half % 2 * 30:02d}" for half in range(29) for sign in ("+", "-") if half or sign == "+"
    ]
