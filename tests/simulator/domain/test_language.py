"""Texts in two languages, and the catalogue of the Latvian ones: complete, fitting, and read as Babel reads it."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

from simulator.domain import language
from simulator.domain.language import (
    CATALOGUE,
    Bilingual,
    Text,
    TranslationError,
    _,
    latvian_form,
    latvian_texts,
    ngettext,
    pgettext,
    read_catalogue,
)

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def latvian() -> Catalog:
    return read_po(BytesIO(CATALOGUE.read_bytes()), locale="lv")


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The texts in the code and in the templates, as `make messages` finds them."""
    target = tmp_path_factory.mktemp("messages") / "aldis.pot"
    sources = [str(ROOT / "simulator"), str(ROOT / "conformance")]
    mapping = str(ROOT / "pyproject.toml")
    CommandLineInterface().run(["pybabel", "-q", "extract", "-F", mapping, "-o", str(target), *sources])
    return read_po(BytesIO(target.read_bytes()))


def _key(message: Message) -> tuple[str | None, object]:
    return message.context, message.id


def _texts(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def _forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def _names(template: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(template) if name is not None}


def test_every_text_of_the_code_is_in_the_catalogue_and_no_other(english: Catalog, latvian: Catalog) -> None:
    in_code, translated = ({_key(message) for message in _texts(catalogue)} for catalogue in (english, latvian))
    assert in_code
    assert not in_code - translated, "run: make messages, and translate what it adds"
    assert not translated - in_code, "run: make messages, which takes out what no code says"
    assert not latvian.obsolete


def test_every_text_can_be_found_by_gettexts_tools() -> None:
    """A marker takes texts as they stand, and not inside of an f-string, which the tools do not look into."""
    hidden = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for folder in ("simulator", "conformance")
        for path in (ROOT / folder).rglob("*.py")
        if "domain.language" in (source := path.read_text(encoding="utf-8"))
        for call, in_f_string in _markers(ast.parse(source))
        if in_f_string or not all(isinstance(text, ast.Constant) for text in call.args[: _TEXTS[_name(call)]])
    ]
    assert hidden == []


_TEXTS = {"_": 1, "pgettext": 2, "ngettext": 2}


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _markers(node: ast.AST, *, in_f_string: bool = False) -> Iterator[tuple[ast.Call, bool]]:
    in_f_string = in_f_string or isinstance(node, ast.JoinedStr)
    if isinstance(node, ast.Call) and _name(node) in _TEXTS:
        yield node, in_f_string
    for child in ast.iter_child_nodes(node):
        yield from _markers(child, in_f_string=in_f_string)


def test_every_text_is_translated(latvian: Catalog) -> None:
    assert not [message.id for message in _texts(latvian) if message.fuzzy or not all(_forms(message))]
    assert not [message.id for message in _texts(latvian) if message.pluralizable and len(_forms(message)) != 3]


def test_a_translation_has_the_parameters_of_the_text(latvian: Catalog) -> None:
    different = {}
    for message in _texts(latvian):
        expected = set().union(*map(_names, message.id if message.pluralizable else (message.id,)))
        if any(_names(form) != expected for form in _forms(message)):
            different[message.id] = _forms(message)
    assert not different


def test_no_two_texts_differ_in_spaces_at_their_ends(latvian: Catalog) -> None:
    for message in _texts(latvian):
        source = message.id[0] if message.pluralizable else message.id
        for form in _forms(message):
            assert (source[:1].isspace(), source[-1:].isspace()) == (form[:1].isspace(), form[-1:].isspace()), source


def test_the_catalogue_is_read_as_babel_reads_it(latvian: Catalog) -> None:
    expected = {
        (message.context or "", message.id[0] if message.pluralizable else message.id): _forms(message)
        for message in _texts(latvian)
    }
    assert dict(latvian_texts()) == expected


def test_the_form_of_a_number_is_that_of_the_catalogues_header(latvian: Catalog) -> None:
    plural = latvian.plural_expr.replace("&&", " and ").replace("||", " or ")
    first, _question, rest = plural.partition("?")
    zero, _colon, others = rest.partition(":")
    one, _question, others = others.partition("?")
    assert (zero.strip(), [part.strip() for part in others.rstrip(") ").split(":")]) == ("0", ["1", "2"])
    first, one = first.strip().removeprefix("("), one.strip()
    for number in range(300):
        expected = 0 if _true(first, number) else 1 if _true(one, number) else 2
        assert latvian_form(number) == expected, number


def _true(condition: str, number: int) -> bool:
    ast.parse(condition, mode="eval")
    return bool(eval(condition, {"__builtins__": {}}, {"n": number}))


def test_a_text_is_shown_in_either_language() -> None:
    text = _("journal entry {number}", number=7)
    assert (text.in_language("en"), text.in_language("lv"), str(text)) == (
        "journal entry 7",
        "žurnāla ieraksts 7",
        "journal entry 7",
    )
    with pytest.raises(ValueError, match="not in 'de'"):
        text.in_language("de")


def test_a_parameter_that_is_a_text_is_shown_in_the_language_of_the_sentence() -> None:
    inner = Text("{level}, {basis}", {"level": _("must"), "basis": Bilingual("", "known")})
    assert inner.in_language("lv") == "obligāti, known"


def test_a_context_distinguishes_equal_texts() -> None:
    assert _("FAILED").in_language("lv") != pgettext("outcome", "FAILED").in_language("lv")


@pytest.mark.parametrize(
    ("number", "latvian", "english"),
    [
        (0, "0 scenāriji", "0 scenarios"),
        (1, "1 scenārijs", "1 scenario"),
        (2, "2 scenāriji", "2 scenarios"),
        (11, "11 scenāriji", "11 scenarios"),
        (21, "21 scenārijs", "21 scenarios"),
    ],
)
def test_a_noun_agrees_with_its_number(number: int, latvian: str, english: str) -> None:
    text = ngettext("{number} scenario", "{number} scenarios", number)
    assert (text.in_language("lv"), text.in_language("en")) == (latvian, english)


def test_a_parameter_of_others_is_not_a_template() -> None:
    assert _("journal entry {number}", number="{number}").in_language("lv") == "žurnāla ieraksts {number}"


def test_a_missing_parameter_is_an_error() -> None:
    text = _("journal entry {number}")
    with pytest.raises(KeyError):
        text.in_language("en")
    assert str(text.filled(number=3)) == "journal entry 3"


def test_entries_that_are_unsure_or_empty_are_shown_in_english() -> None:
    lines = ["#, fuzzy", 'msgid "a"', 'msgstr "b"', "", 'msgid "c"', 'msgstr ""', '"d\\n"', '"e"', "", 'msgid "f"']
    assert read_catalogue([*lines, 'msgstr ""']) == {("", "c"): ("d\ne",)}


def test_a_catalogue_that_is_none_is_refused_with_its_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(TranslationError, match=r"aldis\.po:2: expected"):
        read_catalogue(['msgid "a"', "msgstr b"])
    with pytest.raises(TranslationError, match=r"aldis\.po:4: .* has \{nam\}, .* parameters there are: name"):
        read_catalogue(['msgid "by {name}"', 'msgstr ""', '"no {nam}"', ""])
    with pytest.raises(TranslationError, match="has 2 forms of msgstr, not 3"):
        read_catalogue(['msgid "{number} a"', 'msgid_plural "{number} as"', 'msgstr[0] "b"', 'msgstr[1] "b"'])
    monkeypatch.setattr(language, "CATALOGUE", tmp_path / "aldis.po")
    with pytest.raises(TranslationError, match="cannot be read"):
        latvian_texts.__wrapped__()
