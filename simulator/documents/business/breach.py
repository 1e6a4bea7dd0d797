"""What a rule of the business is, and what breaking one is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulator.documents.model import Provenance


@dataclass(frozen=True, slots=True)
class BusinessRule:
    """One rule: a stable code, what it finds and what it expects in both languages, and how well it is known.

    The texts hold ``{names}`` that a breach fills in.
    """

    code: str
    found_lv: str
    found_en: str
    expected_lv: str
    expected_en: str
    provenance: Provenance

    def broken(
        self, field: str, words: Mapping[str, object], *, record: int | None = None, member: int | None = None
    ) -> Breach:
        """A breach of this rule by a field; ``words`` fill in the texts."""
        return Breach(self, field, record, member, {name: str(word) for name, word in words.items()})


@dataclass(frozen=True, slots=True)
class Breach:
    """One breach: of which rule, by which field of which record (index from 0, None: the header).

    With ``member`` (index from 0) the field is ``group.field`` and means that item of a group of the record.
    """

    rule: BusinessRule
    field: str
    record: int | None
    member: int | None
    words: Mapping[str, str]

    @property
    def code(self) -> str:
        """The rule's code."""
        return self.rule.code

    @property
    def position(self) -> int | None:
        """The record's number counted from 1, as error reports count; None for the header."""
        return None if self.record is None else self.record + 1

    @property
    def found(self) -> str:
        """What was found, in English."""
        return self.rule.found_en.format(**self.words)

    @property
    def expected(self) -> str:
        """What was expected, in English."""
        return self.rule.expected_en.format(**self.words)

    @property
    def text_lv(self) -> str:
        """The whole breach as a Latvian sentence, for error reports."""
        return _sentence(f"{self.rule.found_lv}; prasība: {self.rule.expected_lv}".format(**self.words))

    @property
    def text_en(self) -> str:
        """The whole breach as an English sentence, for error reports."""
        return _sentence(f"{self.found}; expected {self.expected}")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
