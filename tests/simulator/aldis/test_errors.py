from __future__ import annotations

import re
from pathlib import Path

import pytest

import simulator.aldis
from simulator.aldis.errors import ErrorCatalogue
from simulator.documents.business import RULES
from simulator.domain.model import Severity
from simulator.settings import SettingsError

OWN = ErrorCatalogue.own()


@pytest.mark.parametrize("name", OWN.names())
def test_both_languages_leave_the_same_open_and_a_source_is_named(name: str) -> None:
    kind = OWN.kind(name)
    holes = [set(re.findall(r"{(\w+)}", text)) for text in (kind.text_lv, kind.text_en)]
    assert holes[0] == holes[1] == kind.placeholders
    assert re.search("assumed|documented", kind.source)
    assert kind.text_lv != kind.text_en


def test_the_catalogue_has_what_aldis_says_and_nothing_else() -> None:
    folder = Path(simulator.aldis.__file__).parent
    code = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    said = {name for name in OWN.names() if f'"{name}"' in code}
    assert said == set(OWN.names())


def test_no_code_means_two_things() -> None:
    own = [OWN.kind(name).code for name in OWN.names()]
    assert len(own) == len(set(own))
    assert not set(own) & {rule.code for rule in RULES}


def test_an_error_has_its_texts_filled_in() -> None:
    error = OWN.error("contract-unknown", 3, contract="0071")
    assert (error.code, error.severity, error.position) == ("contract-unknown", Severity.ERROR, 3)
    assert error.text_lv == "Līgums 0071 nav zināms; vispirms tas jānodod kā jauns"
    assert error.text_en == "Contract 0071 is not known; report it as new first"


def _own_file(tmp_path: Path, **changes: str) -> Path:
    fields = {
        "code": "E17",
        "severity": "warning",
        "text_lv": "Līguma {contract} nav",
        "text_en": "No contract {contract}",
        "source": "documented: a list of codes",
        **changes,
    }
    path = tmp_path / "errors.toml"
    lines = [f'{name} = "{value}"' for name, value in fields.items() if value]
    path.write_text("[contract-unknown]\n" + "\n".join(lines), encoding="utf-8")
    return path


def test_codes_and_texts_can_be_given(tmp_path: Path) -> None:
    catalogue = ErrorCatalogue.load(_own_file(tmp_path))
    error = catalogue.error("contract-unknown", contract="1")
    assert (error.code, error.severity, error.text_en) == ("E17", Severity.WARNING, "No contract 1")
    assert catalogue.kind("person-unknown") == OWN.kind("person-unknown")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"severity": "fatal"},
            r'line 3: contract-unknown\.severity: found "fatal"; expected one of "warning", "error"',
        ),
        ({"code": ""}, r"line 1: contract-unknown\.code: is missing"),
        ({"colour": "red"}, r"line 7: contract-unknown\.colour: unknown key"),
        (
            {"text_en": "No contract {number}"},
            r"contract-unknown: has the placeholder {number}; it may use: contract",
        ),
    ],
)
def test_a_catalogue_that_cannot_be_used_says_why(tmp_path: Path, changes: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        ErrorCatalogue.load(_own_file(tmp_path, **changes))


def test_an_unknown_error_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    path = tmp_path / "errors.toml"
    text = _own_file(tmp_path).read_text(encoding="utf-8").replace("[contract-unknown]", "[contract-unkown]")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"line 1: contract-unkown: is no error that ALDIS knows; known are: unre"):
        ErrorCatalogue.load(path)
    path.write_text("contract-unknown = 1\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"line 1: contract-unknown: found 1; expected a table headed"):
        ErrorCatalogue.load(path)
    path.write_text("[contract-unknown\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="line 1: not TOML"):
        ErrorCatalogue.load(path)
