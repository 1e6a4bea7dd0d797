"""Texts for people in English and Latvian: English in the code, Latvian in the catalogue ``simulator/locale``.

Code has each sentence once, in English, with named parameters: ``_("{count} records for {period}", count=..., ...)``.
The result is a ``Text``, which can be shown in either language at any time. The Latvian sentences are in one file,
``lv/LC_MESSAGES/aldis.po``, which is read on first use, so that a corrected sentence needs no build step. ``make
messages`` updates the file from the code, and a test finds missing sentences. The markers have the names that gettext's
tools know: ``_``, ``ngettext`` and ``pgettext``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from simulator.domain.errors import UserError

CATALOGUE = Path(__file__).parents[1] / "locale" / "lv" / "LC_MESSAGES" / "aldis.po"
"""The Latvian texts: a gettext catalogue, which any editor of .po files can open."""
LANGUAGES = ("lv", "en")
_LATVIAN_FORMS = 3
_PARAMETER = re.compile(r"\{([^{}!:]*)[^{}]*\}?|\}")  # its name, without conversion and format


class TranslationError(UserError):
    """The catalogue of Latvian texts cannot be used; the message names the file and the line."""


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence that can be shown in Latvian and in English.

    ``template`` is the English sentence with ``{named}`` parameters. A parameter that is a ``Text`` is shown in the
    language of the sentence. With ``plural`` and ``number``, the form of the sentence depends on the number, which is
    the parameter ``{number}`` as well. ``context`` distinguishes equal English texts with different Latvian texts.
    """

    template: str
    params: Mapping[str, object] = field(default_factory=dict, hash=False)
    context: str = ""
    plural: str = ""
    number: int = 0

    def in_language(self, language: str) -> str:
        """Return the sentence in ``lv`` or ``en``; in English when the catalogue has no Latvian text.

        Raises ValueError for another language and KeyError when a parameter is missing.
        """
        template = self._english if language == "en" else self._latvian(language)
        params = self.params
        if not _SHOWN.isdisjoint(map(type, params.values())):
            params = {
                name: param.in_language(language) if isinstance(param, Shown) else param
                for name, param in params.items()
            }
        return template.format_map(params)

    def filled(self, **params: object) -> Text:
        """Return this text with further parameters, for a constant that is completed where it is used."""
        return replace(self, params={**self.params, **params})

    def __str__(self) -> str:
        """Return the sentence in English."""
        return self.in_language("en")

    @property
    def _english(self) -> str:
        return self.plural if self.plural and self.number != 1 else self.template

    def _latvian(self, language: str) -> str:
        if language != "lv":
            raise ValueError(f"texts are written in lv and en, not in {language!r}")
        forms = latvian_texts().get((self.context, self.template))
        if forms is None:
            return self._english
        return forms[latvian_form(self.number)] if self.plural else forms[0]


@dataclass(frozen=True, slots=True)
class Bilingual:
    """A sentence with both languages given, for example from a file of data."""

    lv: str
    en: str

    def in_language(self, language: str) -> str:
        """Return the sentence in ``lv`` or ``en``; in English when it has no Latvian. Raises ValueError for others."""
        if language not in LANGUAGES:
            raise ValueError(f"texts are written in lv and en, not in {language!r}")
        return (self.lv or self.en) if language == "lv" else self.en


Shown = Text | Bilingual
"""A sentence that can be shown in either language."""
_SHOWN = frozenset((Text, Bilingual))  # looked up for each sentence of each decision


def joined(texts: Iterable[Shown], separator: str) -> Bilingual:
    """Return several texts joined into one, in both languages."""
    shown = tuple(texts)
    return Bilingual(*(separator.join(text.in_language(language) for text in shown) for language in LANGUAGES))


def _(template: str, /, **params: object) -> Text:
    """Return the text with the English ``template``."""
    return Text(template, params)


def pgettext(context: str, template: str, /, **params: object) -> Text:
    """Return a text whose Latvian depends on its place, which ``context`` names."""
    return Text(template, params, context)


def ngettext(singular: str, plural: str, number: int, /, **params: object) -> Text:
    """Return a text with a number: ``ngettext("{number} scenario", "{number} scenarios", 3)``."""
    return Text(singular, {"number": number, **params}, "", plural, number)


def latvian_form(number: int) -> int:
    """Return the index of the Latvian form: 0 for 0, 10 to 20, 30 ...; 1 for 1, 21, 31 ... but not 11; 2 for others.

    Source: the plural rules of Unicode CLDR, which the header of the catalogue repeats.
    """
    if number % 10 == 0 or 11 <= number % 100 <= 19:
        return 0
    return 1 if number % 10 == 1 else 2


@cache
def latvian_texts() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Return the Latvian texts by context and English template: one form, or three for a text with a number.

    The file is read once. Raises TranslationError when it is missing or is no catalogue.
    """
    try:
        lines = CATALOGUE.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as reason:
        raise TranslationError(f"{CATALOGUE}: cannot be read: {reason}") from reason
    return read_catalogue(lines)


def read_catalogue(lines: list[str]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the texts in the lines of a .po file, without untranslated and fuzzy entries. Raises TranslationError.

    Babel would take ten times as long (84 ms of CPU for 700 texts, with its import) at each start of the command. A
    test compares the two.
    """
    texts: dict[tuple[str, str], tuple[str, ...]] = {}
    entry: dict[str, str] = {}
    fuzzy, keyword = False, ""

    def finish(number: int) -> None:
        forms = tuple(value for name, value in entry.items() if name.startswith("msgstr"))
        if entry.get("msgid") and not fuzzy and all(forms):
            _check_forms(entry, forms, number)
            texts[entry.get("msgctxt", ""), entry["msgid"]] = forms

    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
        elif not line.strip():
            finish(number)
            entry, fuzzy = {}, False
        else:
            name, quote, rest = line.partition('"')
            keyword = name.strip() or keyword
            try:
                entry[keyword] = entry.get(keyword, "") + json.loads(quote + rest)  # the same escapes
            except ValueError:
                raise TranslationError(f"{CATALOGUE}:{number}: expected a keyword and a text in quotes") from None
    finish(len(lines))
    return texts


def _check_forms(entry: Mapping[str, str], forms: tuple[str, ...], line: int) -> None:
    """Refuse a translation that could not be shown; ``line`` is the one behind the entry."""
    wanted = _LATVIAN_FORMS if "msgid_plural" in entry else 1
    if len(forms) != wanted:
        raise TranslationError(f"{CATALOGUE}:{line}: the entry above has {len(forms)} forms of msgstr, not {wanted}")
    known = {*_PARAMETER.findall(entry["msgid"]), *_PARAMETER.findall(entry.get("msgid_plural", ""))}
    for parameter in _PARAMETER.findall("".join(forms)):
        if parameter not in known:
            raise TranslationError(
                f"{CATALOGUE}:{line}: the Latvian text of the entry above has {{{parameter}}}, which the English text "
                f"does not have; parameters there are: {', '.join(sorted(known)) or 'none'}"
            )
