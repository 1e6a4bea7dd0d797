"""Whether the validators take what a pattern yields.

libxml2's regular expressions have faults of their own: where one of them is met, generation refuses the pattern by name
instead of making documents that are then called invalid.
"""

from __future__ import annotations

import functools
import itertools
import random
import re
from collections.abc import Iterable, Sequence

from elementpath import translate_pattern
from lxml import etree

from conformance.payloads.blocks import Block
from conformance.payloads.values import Values

_XS = "http://www.w3.org/2001/XMLSchema"
_FIRST = 8
_CHOSEN = 24


def sample(values: Values) -> list[str]:
    """Some texts of many kinds, always the same ones."""
    chance = random.Random(20_260_101)  # noqa: S311 - a sample, not a secret
    chosen = [values.make(Block(chance.randbytes(48), chance.randbytes)) for _ in range(_CHOSEN)]
    return list(dict.fromkeys([*itertools.islice(values.all(), _FIRST), *chosen]))


def refused(steps: Sequence[Sequence[str]], texts: Iterable[str]) -> tuple[str, str] | None:
    """The first text that a validator does not take, and which validator; None when they take all.

    ``steps`` are patterns: of one step any, of all steps each must match.
    """
    texts = list(texts)
    for patterns in steps:
        ours = [_python(each) for each in patterns]
        libxml2 = _libxml2(tuple(patterns))
        element = etree.Element("e")
        for text in texts:
            if not any(each.match(text) for each in ours):
                return "xmlschema", text
            element.text = text
            if not libxml2.validate(element):
                return "libxml2", text
    return None


@functools.lru_cache(maxsize=512)
def _python(pattern: str) -> re.Pattern[str]:
    """As xmlschema reads it."""
    return re.compile(translate_pattern(pattern, back_references=False, lazy_quantifiers=False, anchors=False))


@functools.lru_cache(maxsize=512)
def _libxml2(patterns: tuple[str, ...]) -> etree.XMLSchema:
    root = etree.Element(f"{{{_XS}}}schema", nsmap={"xs": _XS})
    element = etree.SubElement(root, f"{{{_XS}}}element", name="e")
    simple = etree.SubElement(element, f"{{{_XS}}}simpleType")
    restriction = etree.SubElement(simple, f"{{{_XS}}}restriction", base="xs:string")
    for each in patterns:
        etree.SubElement(restriction, f"{{{_XS}}}pattern", value=each)
    return etree.XMLSchema(root)
