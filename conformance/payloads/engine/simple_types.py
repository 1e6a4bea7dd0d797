"""Simple types with all their facets, as texts that both validators accept.

libxml2's regular expressions have faults: a pattern that it reads wrongly is refused by name, so that no document is
made that a validator then finds invalid.
"""

from __future__ import annotations

import functools
import itertools
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from elementpath import translate_pattern
from lxml import etree
from xmlschema.validators.simple_types import XsdList, XsdSimpleType, XsdUnion
from xmlschema.validators.xsdbase import XsdComponent

from conformance.payloads.engine import numbers, regex, temporal
from conformance.payloads.engine.automata import (
    Automaton,
    Digits,
    Intersection,
    LengthBound,
    ListOf,
    PatternAutomaton,
    Union,
)
from conformance.payloads.engine.characters import WRITTEN, XML, CharClass, CharSet
from conformance.payloads.engine.choices import Choices, ListValues, Literals, UnionValues, Values
from conformance.payloads.engine.errors import PayloadError, Unsatisfiable, Unsupported, place_of
from conformance.payloads.engine.facets import (
    FORMS,
    INTEGERS,
    TEXT,
    WHITE_SPACE,
    Facets,
    base64,
    describe_facets,
    describe_type,
    gather,
    hexadecimal,
    no_value_error,
)
from conformance.payloads.engine.loading import Prefixes
from conformance.payloads.engine.strings import StringsOf, TooLarge, tabulate
from conformance.payloads.engine.temporal import KINDS

_XS = "http://www.w3.org/2001/XMLSchema"
_FIRST = 8
_CHOSEN = 24


def sample_texts(values: Values) -> list[str]:
    """Return some texts of many kinds, always the same ones."""
    chance = random.Random(20_260_101)  # noqa: S311 - a sample, not a secret
    chosen = [values.make(Choices(chance.randbytes(48), chance.randbytes)) for _ in range(_CHOSEN)]
    return list(dict.fromkeys([*itertools.islice(values.all(), _FIRST), *chosen]))


def find_rejected(steps: Sequence[Sequence[str]], texts: Iterable[str]) -> tuple[str, str] | None:
    """Return the first validator that rejects a text, and the text; None if all texts are accepted.

    ``steps`` has the patterns of each step of derivation; a text must match one pattern of every step.
    """
    texts = list(texts)
    for patterns in steps:
        ours = [_python(pattern) for pattern in patterns]
        libxml2 = _libxml2(tuple(patterns))
        element = etree.Element("e")
        for text in texts:
            if not any(pattern.match(text) for pattern in ours):
                return "xmlschema", text
            element.text = text
            if not libxml2.validate(element):
                return "libxml2", text
    return None


@functools.lru_cache(maxsize=512)
def _python(pattern: str) -> re.Pattern[str]:
    """Return the regular expression that xmlschema makes of a pattern."""
    return re.compile(translate_pattern(pattern, back_references=False, lazy_quantifiers=False, anchors=False))


@functools.lru_cache(maxsize=512)
def _libxml2(patterns: tuple[str, ...]) -> etree.XMLSchema:
    root = etree.Element(f"{{{_XS}}}schema", nsmap={"xs": _XS})
    element = etree.SubElement(root, f"{{{_XS}}}element", name="e")
    simple = etree.SubElement(element, f"{{{_XS}}}simpleType")
    restriction = etree.SubElement(simple, f"{{{_XS}}}restriction", base="xs:string")
    for pattern in patterns:
        etree.SubElement(restriction, f"{{{_XS}}}pattern", value=pattern)
    return etree.XMLSchema(root)


_LONGEST = 1_000_000  # characters; a longer value is not made


class Role(StrEnum):
    """Meaning of a value for the document as a whole."""

    PLAIN = "plain"
    ID = "ID"
    IDREF = "IDREF"
    IDREFS = "IDREFS"
    ENTITY = "ENTITY"


_ROLES = {"ID": Role.ID, "IDREF": Role.IDREF, "ENTITY": Role.ENTITY}
_LIST_ROLES = {Role.IDREF: Role.IDREFS, Role.ENTITY: Role.ENTITY}


@dataclass(frozen=True, slots=True)
class Simple:
    """A simple type with its texts and their role; ``owner`` is the declaration that uses it (None for plain ones)."""

    xsd_type: XsdSimpleType
    values: Values
    role: Role
    owner: XsdComponent | None = None


class SimpleTypes:
    """Simple types of a schema, each compiled once."""

    def __init__(self, prefixes: Prefixes) -> None:
        self._prefixes = prefixes
        self._made: dict[int, Simple] = {}
        self._shared: dict[object, Values] = {}

    def simple(self, xsd_type: XsdSimpleType) -> Simple:
        """Return the compiled type. Raises Unsatisfiable or Unsupported."""
        simple = self._made.get(id(xsd_type))
        if simple is None:
            facets = gather(xsd_type)
            simple = self._made[id(xsd_type)] = Simple(xsd_type, self._values(xsd_type, facets), _role(facets))
        return simple

    def _values(self, xsd_type: XsdSimpleType, facets: Facets) -> Values:
        try:
            return self._made_values(xsd_type, facets)
        except TooLarge as error:
            raise Unsupported(
                f"the patterns and lengths of {describe_type(xsd_type)}: {error}", place_of(xsd_type)
            ) from error

    def _made_values(self, xsd_type: XsdSimpleType, facets: Facets) -> Values:
        if facets.least > _LONGEST:
            raise Unsupported(f"{describe_type(xsd_type)} requires more than {_LONGEST} characters", place_of(xsd_type))
        if facets.most is not None and facets.least > facets.most:
            raise Unsatisfiable(
                f"no value of {describe_type(xsd_type)} is at least {facets.least} and at most {facets.most} long",
                place_of(xsd_type),
            )
        if facets.enumeration is not None:
            return Literals(self._enumerated(xsd_type, facets))
        if facets.builtin == "NOTATION":
            raise Unsatisfiable("xs:NOTATION is used without an enumeration of notations", place_of(xsd_type))
        if isinstance(facets.base, XsdList) and not facets.steps:
            return ListValues(self.simple(facets.base.item_type).values, facets.least, facets.most)
        if isinstance(facets.base, XsdUnion) and not facets.steps:
            return self._union(xsd_type, facets.base)
        if not facets.steps and (direct := self._direct(xsd_type, facets)) is not None:
            return direct
        return self._of_patterns(xsd_type, facets)

    def _accepted_by_validators(self, xsd_type: XsdSimpleType, facets: Facets, values: Values) -> Values:
        """Return the values if both validators accept a sample of them. Raises Unsupported otherwise."""
        steps = [step.patterns for step in facets.steps]
        rejected = find_rejected(steps, sample_texts(values)) if steps else None
        if rejected is not None:
            validator, text = rejected
            written = "; ".join(" | ".join(patterns) for patterns in steps)
            raise Unsupported(
                f"{validator} does not match {text!r} against the patterns {written} of {describe_type(xsd_type)}, "
                "though it does match; write the pattern in a simpler way",
                facets.steps[0].place,
            )
        return values

    def _union(self, xsd_type: XsdSimpleType, union: XsdUnion) -> Values:
        members = [self.simple(member) for member in union.member_types]
        plain = [member.values for member in members if member.role is Role.PLAIN]
        if not plain:
            raise Unsupported(f"{describe_type(xsd_type)} is a union of ID, IDREF or ENTITY only", place_of(xsd_type))
        return plain[0] if len(plain) == 1 else UnionValues(plain)

    # ---- enumerations

    def _enumerated(self, xsd_type: XsdSimpleType, facets: Facets) -> Sequence[str]:
        assert facets.enumeration is not None
        if facets.builtin in {"QName", "NOTATION"}:
            owner = facets.enumeration_owner or xsd_type
            return [self._prefixes.rewritten(text, owner.schema.namespaces) for text in facets.enumeration]
        texts = [text if facets.white_space == "preserve" else xsd_type.normalize(text) for text in facets.enumeration]
        fitting = [text for text in dict.fromkeys(texts) if xsd_type.is_valid(text)]
        if not fitting:
            raise Unsatisfiable(
                f"none of the values enumerated for {describe_type(xsd_type)} keeps its other facets",
                place_of(xsd_type),
            )
        return fitting

    # ---- types without patterns that need no automaton

    def _direct(self, xsd_type: XsdSimpleType, facets: Facets) -> Values | None:
        name = facets.builtin
        if name in KINDS:
            return temporal.moments(xsd_type, facets, [])
        if name == "decimal" or name in INTEGERS:
            return numbers.decimals(xsd_type, facets)
        if name in {"float", "double"}:
            floats = numbers.within(*numbers.tightest_bounds(xsd_type, facets), 32 if name == "float" else 64)
            if floats.empty:
                raise no_value_error(xsd_type, facets)
            return floats
        if name == "duration":
            return numbers.durations(xsd_type, facets)
        if name == "boolean":
            return Literals(("false", "true", "0", "1"))
        return None

    # ---- types with patterns, and strings

    def _of_patterns(self, xsd_type: XsdSimpleType, facets: Facets) -> Values:
        in_automaton = facets.builtin in {"hexBinary", "base64Binary"} or isinstance(facets.base, (XsdList, XsdUnion))
        least, most = (0, None) if in_automaton or facets.builtin == "QName" else (facets.least, facets.most)
        key = (
            facets.builtin, facets.white_space, facets.least, facets.most, facets.total_digits, facets.fraction_digits,
            tuple(facets.bounds), tuple(step.patterns for step in facets.steps),
            id(facets.base) if isinstance(facets.base, (XsdList, XsdUnion)) else None,
        )  # fmt: skip
        values = self._shared.get(key)
        if values is None:
            if facets.builtin in KINDS:
                candidate = temporal.moments(xsd_type, facets, self._patterns(facets))
            else:
                candidate = self._values_of_tiers(xsd_type, facets, least, most)
            values = self._shared[key] = self._accepted_by_validators(xsd_type, facets, candidate)
        return values

    def _values_of_tiers(self, xsd_type: XsdSimpleType, facets: Facets, least: int, most: int | None) -> Values:
        tiers = [
            strings for tier in range(2) if not (strings := self._strings(xsd_type, facets, tier, least, most)).empty
        ]
        if not tiers:
            raise self._no_value_reason(xsd_type, facets, least, most)
        numeric = facets.builtin == "decimal" or facets.builtin in INTEGERS
        return UnionValues(tiers) if numeric and len(tiers) > 1 else tiers[0]

    def _strings(self, xsd_type: XsdSimpleType, facets: Facets, tier: int, least: int, most: int | None) -> StringsOf:
        return StringsOf(tabulate(self._automaton(xsd_type, facets, tier, exact=False)), least, most)

    def _no_value_reason(self, xsd_type: XsdSimpleType, facets: Facets, least: int, most: int | None) -> PayloadError:
        if StringsOf(tabulate(self._automaton(xsd_type, facets, 1, exact=True)), least, most).empty:
            return no_value_error(xsd_type, facets)
        return Unsupported(
            f"the values of {describe_type(xsd_type)} need characters that validators class differently, "
            f"or forms that generation does not write ({describe_facets(facets)})",
            place_of(xsd_type),
        )

    def automaton(self, xsd_type: XsdSimpleType, *, tier: int, exact: bool) -> Automaton:
        """Return an automaton of a type with all its facets, for use inside a list or union. Raises like ``simple``."""
        facets = gather(xsd_type)
        automaton = self._automaton(xsd_type, facets, tier, exact=exact)
        counted = isinstance(facets.base, (XsdList, XsdUnion)) or facets.builtin in {
            "QName",
            "hexBinary",
            "base64Binary",
        }
        if not counted and (facets.least or facets.most is not None):
            return Intersection([automaton, LengthBound(facets.least, facets.most, XML)])
        return automaton

    def _automaton(self, xsd_type: XsdSimpleType, facets: Facets, tier: int, *, exact: bool) -> Automaton:
        """Return an automaton of a type without the bounds of its length in characters."""
        alphabet = XML if exact else WRITTEN
        if facets.enumeration is not None:
            literals = tuple(_literal(text) for text in self._enumerated(xsd_type, facets))
            return PatternAutomaton(regex.Choice(literals), XML)
        if isinstance(facets.base, XsdList):
            item = self.automaton(facets.base.item_type, tier=tier, exact=exact)
            shape: list[Automaton] = [ListOf(item, facets.least, facets.most)]
        elif isinstance(facets.base, XsdUnion):
            members = [self.automaton(member, tier=tier, exact=exact) for member in facets.base.member_types]
            shape = [Union(members)]
        elif facets.builtin in KINDS:
            shape = [temporal.automaton(xsd_type, facets)]
        else:
            shape = self._atomic(xsd_type, facets, tier, alphabet, exact=exact)
        shape += self._patterns(facets, alphabet=alphabet, exact=exact)
        return shape[0] if len(shape) == 1 else Intersection(shape)

    def _atomic(
        self, xsd_type: XsdSimpleType, facets: Facets, tier: int, alphabet: CharSet, *, exact: bool
    ) -> list[Automaton]:
        name = facets.builtin
        parts: list[Automaton] = []
        if name in FORMS or name in INTEGERS:
            forms = FORMS.get(name, FORMS["integer"])
            parts.append(PatternAutomaton(regex.parse(forms[min(tier, len(forms) - 1)]), alphabet, exact=exact))
        elif name in {"hexBinary", "base64Binary"}:
            most = facets.most if facets.most is not None and facets.steps else facets.least + 64
            most = most if facets.most is None else min(most, facets.most)
            binary = hexadecimal if name == "hexBinary" else base64
            forms = binary(facets.least, None if facets.steps and facets.most is None else most)
            form = forms[-1] if facets.steps else forms[0]
            parts.append(PatternAutomaton(regex.parse(form), alphabet))
        else:
            kind = facets.white_space or WHITE_SPACE.get(name, "collapse")
            kind = "collapse" if name == "anySimpleType" else kind
            parts.append(PatternAutomaton(regex.parse(TEXT[kind]), alphabet, exact=exact))
        if name == "decimal" or name in INTEGERS:
            parts += numbers.numeric_automata(xsd_type, facets)
        elif name in {"float", "double"} and facets.bounds:
            parts.append(PatternAutomaton(regex.parse(r"-?[0-9]{1,9}(\.[0-9]{1,6})?"), alphabet))
            parts += [*numbers.bound_automata(xsd_type, facets), Digits(6 if name == "float" else 15, 6)]
        elif name == "duration" and facets.bounds:
            raise Unsupported(
                f"{describe_type(xsd_type)} has both a pattern and bounds on a duration", place_of(xsd_type)
            )
        return parts

    def _patterns(self, facets: Facets, *, alphabet: CharSet = WRITTEN, exact: bool = False) -> list[Automaton]:
        """Return an automaton for each step of derivation with patterns; a text must match one pattern of the step."""
        automata: list[Automaton] = []
        for step in facets.steps:
            nodes = []
            for pattern in step.patterns:
                try:
                    nodes.append(regex.parse(pattern))
                except regex.RegexProblem as problem:
                    raise Unsupported(f"the pattern {pattern!r}: {problem}", step.place) from problem
            node = nodes[0] if len(nodes) == 1 else regex.Choice(tuple(nodes))
            automaton = PatternAutomaton(node, alphabet, exact=exact)
            automata.append(automaton)
            if not exact and tabulate(automaton).empty and tabulate(PatternAutomaton(node, XML, exact=True)).empty:
                raise Unsatisfiable(f"no text matches the pattern {' | '.join(step.patterns)}", step.place)
        return automata


def _role(facets: Facets) -> Role:
    if isinstance(facets.base, XsdList):
        return _LIST_ROLES.get(_role(gather(facets.base.item_type)), Role.PLAIN)
    return _ROLES.get(facets.builtin, Role.PLAIN)


def _literal(text: str) -> regex.Node:
    return regex.Sequence(tuple(regex.One(CharClass.exactly(CharSet(((ord(char), ord(char)),)))) for char in text))
