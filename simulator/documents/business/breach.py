"""A rule of the business, and a breach of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulator.documents.model import Provenance
from simulator.domain.language import Shown, Text, _


@dataclass(frozen=True, slots=True)
class BusinessRule:
    """A rule: a stable code, what it finds and what it expects, and how well it is known.

    A breach fills in the parameters of the texts.
    """

    code: str
    found: Text
    expected: Text
    provenance: Provenance

    def broken(
        self, field: str, params: Mapping[str, object], *, record: int | None = None, member: int | None = None
    ) -> Breach:
        """A breach of this rule by a field; ``params`` fill in the texts."""
        shown = {name: param if isinstance(param, Shown) else str(param) for name, param in params.items()}
        return Breach(self, field, record, member, shown)


@dataclass(frozen=True, slots=True)
class Breach:
    """A breach of a rule by a field of a record (index from 0, None: the header).

    With ``member`` (index from 0) the field is ``group.field`` and means that item of a group of the record.
    """

    rule: BusinessRule
    field: str
    record: int | None
    member: int | None
    params: Mapping[str, object]

    @property
    def code(self) -> str:
        """The rule's code."""
        return self.rule.code

    @property
    def position(self) -> int | None:
        """The record's number counted from 1, as error reports count; None for the header."""
        return None if self.record is None else self.record + 1

    @property
    def found(self) -> Text:
        """What was found."""
        return self.rule.found.filled(**self.params)

    @property
    def expected(self) -> Text:
        """What was expected."""
        return self.rule.expected.filled(**self.params)

    @property
    def text_lv(self) -> str:
        """The whole breach as a Latvian sentence, for error reports."""
        return self._sentence("lv")

    @property
    def text_en(self) -> str:
        """The whole breach as an English sentence, for error reports."""
        return self._sentence("en")

    def _sentence(self, language: str) -> str:
        sentence = _("{found}; expected {expected}", found=self.found, expected=self.expected).in_language(language)
        return f"{sentence[0].upper()}{sentence[1:]}."
