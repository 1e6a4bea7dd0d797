"""Texts for people in English and Latvian: English in the code, Latvian in the catalogue ``simulator/locale``.

Code writes a sentence once, in English, with named parameters: ``_("{count} records for {period}", count=..., ...)``.
The result is a ``Text``, which is kept as long as needed and shown in either language. The Latvian sentences stand in
one file, ``lv/LC_MESSAGES/aldis.po``, which is read when Latvian is first wanted: who corrects a sentence there builds
nothing. ``make messages`` brings the file up to date with the code, and a test finds what it lacks. The markers have
the names that gettext's tools know: ``_``, ``ngettext`` and ``pgettext``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

CATALOGUE = Path(__file__).parents[1] / "locale" / "lv" / "LC_MESSAGES" / "aldis.po"
"""The Latvian texts: a gettext catalogue that any editor of .po files opens."""
LANGUAGES = ("lv", "en")


class CatalogueError(Exception):
    """The catalogue of Latvian texts cannot be read; names the file and the line."""


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence that can be shown in Latvian and in English.

    ``template`` is the English sentence with ``{named}`` parameters. A parameter that is a ``Text`` is shown in the
    language of the sentence. With ``plural`` and ``number``, the form of the sentence depends on the number, which is
    the parameter ``{number}`` as well. ``context`` tells apart English texts that are equal where the Latvian differs.
    """

    template: str
    params: Mapping[str, object] = field(default_factory=dict, hash=False)
    context: str = ""
    plural: str = ""
    number: int = 0

    def in_language(self, language: str) -> str:
        """The sentence in ``lv`` or ``en``, in English where the catalogue has no Latvian.

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
        """This text with further parameters; what is kept as a constant is filled in where it is used."""
        return replace(self, params={**self.params, **params})

    def __str__(self) -> str:
        """The sentence in English."""
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
    """A sentence that comes in both languages: from a file of data, or put together elsewhere."""

    lv: str
    en: str

    def in_language(self, language: str) -> str:
        """The sentence in ``lv`` or ``en``; in English where there is no Latvian. Raises ValueError for another."""
        if language not in LANGUAGES:
            raise ValueError(f"texts are written in lv and en, not in {language!r}")
        return (self.lv or self.en) if language == "lv" else self.en


Shown = Text | Bilingual
"""Whatever can be shown in either language."""
_SHOWN = frozenset((Text, Bilingual))  # asked for at each sentence of each decision


def joined(texts: Iterable[Shown], separator: str) -> Bilingual:
    """Several texts as one, in both languages."""
    shown = tuple(texts)
    return Bilingual(*(separator.join(text.in_language(language) for text in shown) for language in LANGUAGES))


def _(template: str, /, **params: object) -> Text:
    """A text whose English is ``template``."""
    return Text(template, params)


def pgettext(context: str, template: str, /, **params: object) -> Text:
    """A text whose Latvian depends on where it stands, as ``context`` says."""
    return Text(template, params, context)


def ngettext(singular: str, plural: str, number: int, /, **params: object) -> Text:
    """A text with a number: ``ngettext("{number} scenario", "{number} scenarios", 3)``."""
    return Text(singular, {"number": number, **params}, "", plural, number)


def latvian_form(number: int) -> int:
    """Index of the Latvian form: 0 for 0, 10 to 20, 30 ...; 1 for 1, 21, 31 ... but not 11; 2 for all others.

    It is what the catalogue's header says (Unicode CLDR).
    """
    if number % 10 == 0 or 11 <= number % 100 <= 19:
        return 0
    return 1 if number % 10 == 1 else 2


@cache
def latvian_texts() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """The Latvian texts by context and English template, with one form, or three for a text with a number.

    Read once. Raises CatalogueError when the file is missing or is no catalogue.
    """
    try:
        lines = CATALOGUE.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as reason:
        raise CatalogueError(f"{CATALOGUE}: cannot be read: {reason}") from reason
    return read_catalogue(lines)


def read_catalogue(lines: list[str]) -> dict[tuple[str, str], tuple[str, ...]]:
    """The texts of a .po file's lines; entries without a translation or marked as fuzzy are left out.

    This reads what gettext's tools write, in a tenth of the time that Babel takes (84 ms of CPU for 700 texts with its
    import), which would be felt at each start of the command. A test compares the two. Raises CatalogueError.
    """
    texts: dict[tuple[str, str], tuple[str, ...]] = {}
    entry: dict[str, str] = {}
    fuzzy, keyword = False, ""

    def finish() -> None:
        forms = tuple(value for name, value in entry.items() if name.startswith("msgstr"))
        if entry.get("msgid") and not fuzzy and all(forms):
            texts[entry.get("msgctxt", ""), entry["msgid"]] = forms

    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
        elif not line.strip():
            finish()
            entry, fuzzy = {}, False
        else:
            name, quote, rest = line.partition('"')
            keyword = name.strip() or keyword
            try:
                entry[keyword] = entry.get(keyword, "") + json.loads(quote + rest)  # the same escapes
            except ValueError:
                raise CatalogueError(f"{CATALOGUE}:{number}: expected a keyword and a text in quotes") from None
    finish()
    return texts
