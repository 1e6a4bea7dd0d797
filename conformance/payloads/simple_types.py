"""From a simple type with all its facets to the maker of its texts, or an error that says why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation, localcontext
from enum import StrEnum
from xml.etree.ElementTree import Element

from xmlschema.validators.simple_types import XsdList, XsdSimpleType, XsdUnion
from xmlschema.validators.xsdbase import XsdComponent

from conformance.payloads import agreeing, lexical, numbers, regex, temporal
from conformance.payloads.automata import Intersection, Items, Machine, PatternMachine, TooLarge, Union, write_out
from conformance.payloads.bounds import Counted, DecimalBound, Digits
from conformance.payloads.characters import WRITTEN, XML, CharClass, CharSet
from conformance.payloads.durations import Durations, Length
from conformance.payloads.errors import PayloadError, Place, Unsatisfiable, Unsupported
from conformance.payloads.facets import Facets, gather
from conformance.payloads.moments import KINDS
from conformance.payloads.namespaces import Prefixes
from conformance.payloads.places import place_of
from conformance.payloads.values import Listed, Mixed, Picks, Values
from conformance.payloads.words import Words

_LONGEST = 1_000_000  # characters; a longer value is not made
_MOST_DIGITS = 18  # every validator reads a decimal of so many digits exactly


class Role(StrEnum):
    """What a value is for the document as a whole."""

    PLAIN = "plain"
    ID = "ID"
    IDREF = "IDREF"
    IDREFS = "IDREFS"
    ENTITY = "ENTITY"


_ROLES = {"ID": Role.ID, "IDREF": Role.IDREF, "ENTITY": Role.ENTITY}
_LIST_ROLES = {Role.IDREF: Role.IDREFS, Role.ENTITY: Role.ENTITY}


@dataclass(frozen=True, slots=True)
class Simple:
    """A simple type that is ready to be written: its texts, what they are for the document, and (where they are more
    than plain) the declaration that has them."""

    xsd_type: XsdSimpleType
    values: Values
    role: Role
    owner: XsdComponent | None = None


class SimpleTypes:
    """Makers by type; a type is looked at once."""

    def __init__(self, prefixes: Prefixes) -> None:
        self._prefixes = prefixes
        self._made: dict[int, Simple] = {}
        self._shared: dict[object, Values] = {}

    def simple(self, xsd_type: XsdSimpleType) -> Simple:
        """The maker of a type; raises Unsatisfiable or Unsupported."""
        found = self._made.get(id(xsd_type))
        if found is None:
            facets = gather(xsd_type)
            found = self._made[id(xsd_type)] = Simple(xsd_type, self._values(xsd_type, facets), _role(facets))
        return found

    def _values(self, xsd_type: XsdSimpleType, facets: Facets) -> Values:
        try:
            return self._made_values(xsd_type, facets)
        except TooLarge as error:
            raise Unsupported(f"the patterns and lengths of {_called(xsd_type)}: {error}", _place(xsd_type)) from error

    def _made_values(self, xsd_type: XsdSimpleType, facets: Facets) -> Values:
        if facets.least > _LONGEST:
            raise Unsupported(f"{_called(xsd_type)} wants more than {_LONGEST} characters", _place(xsd_type))
        if facets.most is not None and facets.least > facets.most:
            raise Unsatisfiable(
                f"no value of {_called(xsd_type)} is at least {facets.least} and at most {facets.most} long",
                _place(xsd_type),
            )
        if facets.enumeration is not None:
            return Picks(self._enumerated(xsd_type, facets))
        if facets.builtin == "NOTATION":
            raise Unsatisfiable("xs:NOTATION is used without an enumeration of notations", _place(xsd_type))
        if isinstance(facets.base, XsdList) and not facets.steps:
            return Listed(self.simple(facets.base.item_type).values, facets.least, facets.most)
        if isinstance(facets.base, XsdUnion) and not facets.steps:
            return self._union(xsd_type, facets.base)
        if not facets.steps and (direct := self._direct(xsd_type, facets)) is not None:
            return direct
        return self._of_patterns(xsd_type, facets)

    def _agreed(self, xsd_type: XsdSimpleType, facets: Facets, values: Values) -> Values:
        """The same, once it was seen that both validators take what the patterns yield."""
        steps = [each.patterns for each in facets.steps]
        found = agreeing.refused(steps, agreeing.sample(values)) if steps else None
        if found is not None:
            validator, text = found
            written = "; ".join(" | ".join(each) for each in steps)
            raise Unsupported(
                f"{validator} does not match {text!r} against the patterns {written} of {_called(xsd_type)}, "
                "though it does match; write the pattern in a simpler way",
                facets.steps[0].place,
            )
        return values

    def _union(self, xsd_type: XsdSimpleType, union: XsdUnion) -> Values:
        members = [self.simple(each) for each in union.member_types]
        plain = [each.values for each in members if each.role is Role.PLAIN]
        if not plain:
            raise Unsupported(f"{_called(xsd_type)} is a union of ID, IDREF or ENTITY only", _place(xsd_type))
        return plain[0] if len(plain) == 1 else Mixed(plain)

    # ---- enumerations

    def _enumerated(self, xsd_type: XsdSimpleType, facets: Facets) -> Sequence[str]:
        assert facets.enumeration is not None
        if facets.builtin in {"QName", "NOTATION"}:
            owner = facets.enumeration_owner or xsd_type
            return [self._prefixes.rewritten(each, owner.schema.namespaces) for each in facets.enumeration]
        texts = [each if facets.white_space == "preserve" else xsd_type.normalize(each) for each in facets.enumeration]
        fitting = [each for each in dict.fromkeys(texts) if xsd_type.is_valid(each)]
        if not fitting:
            raise Unsatisfiable(
                f"none of the values enumerated for {_called(xsd_type)} keeps its other facets", _place(xsd_type)
            )
        return fitting

    # ---- types without patterns that need no machine

    def _direct(self, xsd_type: XsdSimpleType, facets: Facets) -> Values | None:
        name = facets.builtin
        if name in KINDS:
            return temporal.moments(xsd_type, facets, [])
        if name == "decimal" or name in lexical.INTEGERS:
            return _decimals(xsd_type, facets)
        if name in {"float", "double"}:
            found = numbers.within(*_ends(xsd_type, facets), 32 if name == "float" else 64)
            if found.empty:
                raise _nothing(xsd_type, facets)
            return found
        if name == "duration":
            return _durations(xsd_type, facets)
        if name == "boolean":
            return Picks(("false", "true", "0", "1"))
        return None

    # ---- types with patterns, and strings

    def _of_patterns(self, xsd_type: XsdSimpleType, facets: Facets) -> Values:
        in_machine = facets.builtin in {"hexBinary", "base64Binary"} or isinstance(facets.base, (XsdList, XsdUnion))
        least, most = (0, None) if in_machine or facets.builtin == "QName" else (facets.least, facets.most)
        key = (
            facets.builtin, facets.white_space, facets.least, facets.most, facets.total_digits, facets.fraction_digits,
            tuple(facets.bounds), tuple(each.patterns for each in facets.steps),
            id(facets.base) if isinstance(facets.base, (XsdList, XsdUnion)) else None,
        )  # fmt: skip
        values = self._shared.get(key)
        if values is None:
            if facets.builtin in KINDS:
                found = temporal.moments(xsd_type, facets, self._patterns(facets))
            else:
                found = self._fitting(xsd_type, facets, least, most)
            values = self._shared[key] = self._agreed(xsd_type, facets, found)
        return values

    def _fitting(self, xsd_type: XsdSimpleType, facets: Facets, least: int, most: int | None) -> Values:
        found = [words for tier in range(2) if not (words := self._words(xsd_type, facets, tier, least, most)).empty]
        if not found:
            raise self._why_nothing(xsd_type, facets, least, most)
        numeric = facets.builtin == "decimal" or facets.builtin in lexical.INTEGERS
        return Mixed(found) if numeric and len(found) > 1 else found[0]

    def _words(self, xsd_type: XsdSimpleType, facets: Facets, tier: int, least: int, most: int | None) -> Words:
        return Words(write_out(self._machine(xsd_type, facets, tier, exact=False)), least, most)

    def _why_nothing(self, xsd_type: XsdSimpleType, facets: Facets, least: int, most: int | None) -> PayloadError:
        if Words(write_out(self._machine(xsd_type, facets, 1, exact=True)), least, most).empty:
            return _nothing(xsd_type, facets)
        return Unsupported(
            f"the values of {_called(xsd_type)} need characters that validators class differently, "
            f"or forms that generation does not write ({_told(facets)})",
            _place(xsd_type),
        )

    def machine(self, xsd_type: XsdSimpleType, *, tier: int, exact: bool) -> Machine:
        """The texts of a type with all its facets, for use inside a list or union; raises as ``simple`` does."""
        facets = gather(xsd_type)
        machine = self._machine(xsd_type, facets, tier, exact=exact)
        counted = isinstance(facets.base, (XsdList, XsdUnion)) or facets.builtin in {
            "QName",
            "hexBinary",
            "base64Binary",
        }
        if not counted and (facets.least or facets.most is not None):
            return Intersection([machine, Counted(facets.least, facets.most, XML)])
        return machine

    def _machine(self, xsd_type: XsdSimpleType, facets: Facets, tier: int, *, exact: bool) -> Machine:
        """The texts of a type; its length in characters is left to others."""
        alphabet = XML if exact else WRITTEN
        if facets.enumeration is not None:
            literals = tuple(_literal(each) for each in self._enumerated(xsd_type, facets))
            return PatternMachine(regex.Choice(literals), XML)
        if isinstance(facets.base, XsdList):
            item = self.machine(facets.base.item_type, tier=tier, exact=exact)
            shape: list[Machine] = [Items(item, facets.least, facets.most)]
        elif isinstance(facets.base, XsdUnion):
            members = [self.machine(each, tier=tier, exact=exact) for each in facets.base.member_types]
            shape = [Union(members)]
        elif facets.builtin in KINDS:
            shape = [temporal.machine(xsd_type, facets)]
        else:
            shape = self._atomic(xsd_type, facets, tier, alphabet, exact=exact)
        shape += self._patterns(facets, alphabet=alphabet, exact=exact)
        return shape[0] if len(shape) == 1 else Intersection(shape)

    def _atomic(
        self, xsd_type: XsdSimpleType, facets: Facets, tier: int, alphabet: CharSet, *, exact: bool
    ) -> list[Machine]:
        name = facets.builtin
        parts: list[Machine] = []
        if name in lexical.FORMS or name in lexical.INTEGERS:
            forms = lexical.FORMS.get(name, lexical.FORMS["integer"])
            parts.append(PatternMachine(regex.parse(forms[min(tier, len(forms) - 1)]), alphabet, exact=exact))
        elif name in {"hexBinary", "base64Binary"}:
            most = facets.most if facets.most is not None and facets.steps else facets.least + 64
            most = most if facets.most is None else min(most, facets.most)
            binary = lexical.hexadecimal if name == "hexBinary" else lexical.base64
            forms = binary(facets.least, None if facets.steps and facets.most is None else most)
            form = forms[-1] if facets.steps else forms[0]
            parts.append(PatternMachine(regex.parse(form), alphabet))
        else:
            kind = facets.white_space or lexical.WHITE_SPACE.get(name, "collapse")
            kind = "collapse" if name == "anySimpleType" else kind
            parts.append(PatternMachine(regex.parse(lexical.TEXT[kind]), alphabet, exact=exact))
        if name == "decimal" or name in lexical.INTEGERS:
            parts += _numeric(xsd_type, facets)
        elif name in {"float", "double"} and facets.bounds:
            parts.append(PatternMachine(regex.parse(r"-?[0-9]{1,9}(\.[0-9]{1,6})?"), alphabet))
            parts += [*_bound_machines(xsd_type, facets), Digits(6 if name == "float" else 15, 6)]
        elif name == "duration" and facets.bounds:
            raise Unsupported(f"{_called(xsd_type)} has both a pattern and bounds on a duration", _place(xsd_type))
        return parts

    def _patterns(self, facets: Facets, *, alphabet: CharSet = WRITTEN, exact: bool = False) -> list[Machine]:
        """One machine per step of derivation that has patterns; inside a step one of them is enough."""
        made: list[Machine] = []
        for step in facets.steps:
            nodes = []
            for pattern in step.patterns:
                try:
                    nodes.append(regex.parse(pattern))
                except regex.RegexProblem as problem:
                    raise Unsupported(f"the pattern {pattern!r}: {problem}", step.place) from problem
            node = nodes[0] if len(nodes) == 1 else regex.Choice(tuple(nodes))
            machine = PatternMachine(node, alphabet, exact=exact)
            made.append(machine)
            if not exact and write_out(machine).empty and write_out(PatternMachine(node, XML, exact=True)).empty:
                raise Unsatisfiable(f"no text matches the pattern {' | '.join(step.patterns)}", step.place)
        return made


def _role(facets: Facets) -> Role:
    if isinstance(facets.base, XsdList):
        return _LIST_ROLES.get(_role(gather(facets.base.item_type)), Role.PLAIN)
    return _ROLES.get(facets.builtin, Role.PLAIN)


def _literal(text: str) -> regex.Node:
    return regex.Sequence(tuple(regex.One(CharClass.exactly(CharSet(((ord(each), ord(each)),)))) for each in text))


# ---- numbers -------------------------------------------------------------------------------------------------------


def _ends(xsd_type: XsdSimpleType, facets: Facets) -> tuple[Decimal | None, Decimal | None, bool, bool]:
    """The tightest bounds: low, high, and whether each is itself left out."""
    low, high = lexical.integer_bounds(facets.builtin) if facets.builtin in lexical.INTEGERS else (None, None)
    low_open = high_open = False
    for bound in facets.bounds:
        try:
            value = Decimal({"INF": "Infinity", "-INF": "-Infinity"}.get(bound.text, bound.text))
        except InvalidOperation:
            raise Unsupported(f"{_called(xsd_type)} has the bound {bound.text!r}", _place(xsd_type)) from None
        if value.is_nan():
            raise Unsatisfiable(
                f"{_called(xsd_type)} is bounded by NaN, which nothing is above or below", _place(xsd_type)
            )
        if bound.lower and (low is None or value > low or (value == low and not bound.included)):
            low, low_open = value, not bound.included
        if not bound.lower and (high is None or value < high or (value == high and not bound.included)):
            high, high_open = value, not bound.included
    return low, high, low_open, high_open


def _decimals(xsd_type: XsdSimpleType, facets: Facets) -> Values:
    low, high, low_open, high_open = _ends(xsd_type, facets)
    whole = facets.builtin in lexical.INTEGERS
    total = facets.total_digits
    most_places = (
        0 if whole else min(each for each in (facets.fraction_digits, total, _MOST_DIGITS) if each is not None)
    )
    usual = min(most_places, 2 if facets.fraction_digits is None else facets.fraction_digits)
    for places in (usual, *range(usual - 1, -1, -1), *range(usual + 1, most_places + 1)):
        with localcontext() as context:
            context.prec = 200
            unit = Decimal(10) ** places
            least = -numbers.UNBOUNDED if low is None else _units(low * unit, ROUND_CEILING, low_open)
            most = numbers.UNBOUNDED if high is None else _units(high * unit, ROUND_FLOOR, high_open)
        if low is None and high is not None:
            least = min(least, most - numbers.UNBOUNDED)
        if high is None and low is not None:
            most = max(most, least + numbers.UNBOUNDED)
        if total is not None:
            limit = 10**total - 1
            least, most = max(least, -limit), min(most, limit)
        if least <= most:
            return numbers.Decimals(least, most, places)
    raise _nothing(xsd_type, facets)


def _units(bound: Decimal, rounding: str, is_open: bool) -> int:
    units = int(bound.to_integral_value(rounding=rounding))
    if is_open and units == bound:
        units += 1 if rounding == ROUND_CEILING else -1
    return units


def _numeric(xsd_type: XsdSimpleType, facets: Facets) -> list[Machine]:
    total = facets.total_digits
    return [
        *_bound_machines(xsd_type, facets),
        Digits(_MOST_DIGITS + 2 if total is None else total, facets.fraction_digits),
    ]


def _bound_machines(xsd_type: XsdSimpleType, facets: Facets) -> list[Machine]:
    low, high, low_open, high_open = _ends(xsd_type, facets)
    made: list[Machine] = []
    if low is not None and low.is_finite():
        made.append(DecimalBound(low, lower=True, included=not low_open))
    if high is not None and high.is_finite():
        made.append(DecimalBound(high, lower=False, included=not high_open))
    return made


# ---- durations -----------------------------------------------------------------------------------------------------

_CENTURY = 100 * 366 * 86_400  # seconds; a duration without a bound stays within this


def _durations(xsd_type: XsdSimpleType, facets: Facets) -> Values:
    if not facets.bounds:
        return Durations(numbers.Span(-1200, 1200), numbers.Span(-_CENTURY, _CENTURY))
    low, high = -_CENTURY, _CENTURY
    months_low, months_high = -1200, 1200
    pure_months = True
    for bound in facets.bounds:
        try:
            length = Length.read(bound.text)
        except ValueError:
            raise Unsupported(f"{_called(xsd_type)} has the bound {bound.text!r}", _place(xsd_type)) from None
        least, most = length.in_seconds()
        if least < most:  # of uncertain length: what it is compared with must be beyond doubt, for libxml2 by a day
            least, most = least - 86_400, most + 86_400
        pure_months = pure_months and length.months != 0 and length.seconds == 0 and not length.part
        step = 0 if bound.included else 1
        if bound.lower:
            low = max(low, most + max(step, int(length.part and most >= 0)))
            high = max(high, low)
            months_low = max(months_low, length.months + step)
        else:
            high = min(high, least - max(step, int(length.part and least <= 0)))
            months_high = min(months_high, length.months - step)
    seconds = numbers.Span(low, high) if low <= high else None
    months = numbers.Span(months_low, months_high) if pure_months and months_low <= months_high else None
    if months is not None:
        return Durations(months, None)
    if seconds is not None:
        return Durations(None, seconds)
    exact = [each.text for each in facets.bounds if xsd_type.is_valid(each.text)]
    if exact:
        return Picks(exact)
    raise _nothing(xsd_type, facets)


# ---- words for errors ----------------------------------------------------------------------------------------------


def _called(xsd_type: XsdSimpleType) -> str:
    return f"the type {xsd_type.local_name}" if xsd_type.name else "a type without a name"


def _place(xsd_type: XsdSimpleType, elem: Element | None = None) -> Place:
    return place_of(xsd_type, elem)


def _nothing(xsd_type: XsdSimpleType, facets: Facets) -> Unsatisfiable:
    return Unsatisfiable(f"no value fits all facets of {_called(xsd_type)}: {_told(facets)}", _place(xsd_type))


_SIDES = {(True, True): "at least", (True, False): "above", (False, True): "at most", (False, False): "below"}


def _told(facets: Facets) -> str:
    parts = [f"a value of {facets.builtin}"] if facets.builtin != "anySimpleType" else ["a list or union"]
    parts += [f"pattern {' | '.join(step.patterns)}" for step in facets.steps]
    parts += [f"{_SIDES[each.lower, each.included]} {each.text}" for each in facets.bounds]
    if facets.least or facets.most is not None:
        parts.append(f"length {facets.least} to {'any' if facets.most is None else facets.most}")
    if facets.total_digits is not None:
        parts.append(f"{facets.total_digits} digits")
    if facets.fraction_digits is not None:
        parts.append(f"{facets.fraction_digits} fraction digits")
    return ", ".join(parts)
