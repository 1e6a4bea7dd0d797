"""Schemas by chance: nested models, wildcards, substitution, derivation, mixed content, IDs. Whatever xmlschema and libxml2
both load is either refused in words or yields documents that both call valid."""

from __future__ import annotations

import random

import pytest
import xmlschema
from lxml import etree

from conformance.payloads import PayloadError
from conformance.payloads.engine.choices import Choices, ZeroSource
from conformance.payloads.engine.document import Conflict
from conformance.payloads.engine.strategies import compile_element

TYPES = [
    "xs:int",
    "xs:boolean",
    "xs:date",
    "xs:string",
    "t:S",
    "t:L",
    "t:U",
    "t:C",
    "t:C",
    "t:D",
    "t:A",
    "xs:ID",
    "xs:IDREF",
]
OCCURS = [
    "",
    "",
    "",
    'minOccurs="0"',
    'maxOccurs="2"',
    'minOccurs="0" maxOccurs="unbounded"',
    'minOccurs="2" maxOccurs="3"',
]


class Chance:
    """Blocks of chance."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def choices(self, size: int) -> Choices:
        return Choices(self._random.randbytes(size), self._random.randbytes)


class Writer:
    """Writes one schema."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._names = 0

    def schema(self) -> str:
        pick = self._random.choice
        return f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t"
          elementFormDefault="{pick(["qualified", "unqualified"])}">
          <xs:simpleType name="S"><xs:restriction base="xs:token"><xs:pattern value="[a-c]{{1,4}}"/><xs:maxLength value="3"/></xs:restriction></xs:simpleType>
          <xs:simpleType name="L"><xs:list itemType="xs:byte"/></xs:simpleType><xs:simpleType name="U"><xs:union memberTypes="xs:int t:S"/></xs:simpleType>
          <xs:complexType name="C" mixed="{pick(["true", "false"])}">{self._group()}{self._attributes()}</xs:complexType>
          <xs:complexType name="A" abstract="{pick(["true", "false"])}">{self._group()}</xs:complexType>
          <xs:complexType name="D"><xs:complexContent><xs:extension base="t:A">{self._group()}<xs:attribute name="d" type="xs:ID"/></xs:extension></xs:complexContent></xs:complexType>
          <xs:element name="g" type="{pick(TYPES)}"/><xs:element name="h" type="t:A" abstract="{pick(["true", "false"])}"/>
          <xs:element name="h2" type="t:D" substitutionGroup="t:h"/>
          <xs:element name="e"><xs:complexType>{self._group()}{self._attributes()}</xs:complexType></xs:element></xs:schema>"""

    def _group(self, depth: int = 0) -> str:
        pick = self._random.choice
        kind = pick(["sequence", "sequence", "choice"])
        parts = (
            self._group(depth + 1) if depth < 2 and self._random.random() < 0.3 else self._particle()
            for _ in range(self._random.randint(1, 4))
        )
        return f"<xs:{kind} {pick(OCCURS)}>{''.join(parts)}</xs:{kind}>"

    def _particle(self) -> str:
        pick = self._random.choice
        self._names += 1
        chance = self._random.random()
        if chance < 0.1:
            return f'<xs:element ref="t:{pick(["g", "h", "h2"])}" {pick(OCCURS)}/>'
        if chance < 0.2:
            namespace, contents = (
                pick(["##other", "##any", "##targetNamespace", "##local"]),
                pick(["lax", "skip", "strict"]),
            )
            return f'<xs:any namespace="{namespace}" processContents="{contents}" {pick(OCCURS)}/>'
        nil = 'nillable="true"' if chance < 0.3 else ""
        return f'<xs:element name="n{self._names}" type="{pick(TYPES)}" {nil} {pick(OCCURS)}/>'

    def _attributes(self) -> str:
        pick = self._random.choice
        uses = (
            f'<xs:attribute name="a{number}" type="{pick(["xs:int", "t:S", "t:L", "xs:date"])}" use="{pick(["optional", "required"])}"/>'
            for number in range(self._random.randint(0, 2))
        )
        return "".join(uses) + pick(["", '<xs:anyAttribute processContents="lax"/>'])


@pytest.mark.parametrize("first", range(0, 150, 30))
def test_schemas_by_chance(first: int) -> None:
    documents = refused = 0
    for seed in range(first, first + 30):
        text = Writer(seed).schema()
        try:
            ours, theirs = etree.XMLSchema(etree.fromstring(text)), xmlschema.XMLSchema10(text)
        except (etree.XMLSchemaParseError, xmlschema.XMLSchemaException):
            continue  # a model that is ambiguous: no schema
        try:
            maker = compile_element(theirs, "e")
        except PayloadError:
            refused += 1
            continue
        for number in range(10):
            try:
                document = (
                    maker.make(Chance(number), room=240, repeats=4)
                    if number
                    else maker.make(ZeroSource(), room=0, repeats=0)
                )
            except Conflict:
                continue
            documents += 1
            assert ours.validate(document), (seed, number, ours.error_log)
            assert theirs.is_valid(document), (seed, number, text)
    assert documents > 30
    assert refused < 10
