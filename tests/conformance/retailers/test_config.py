"""retailer.toml: valid files are read, mistakes are reported by file, line, key, expectation and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.retailers.config import (
    DriverConfig,
    DriverKind,
    RetailerConfig,
    load_retailer,
    reference_config,
)
from simulator.settings import Problem, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

RETAILER = """[retailer]
name = "Paraugs Enerģija"
registration_number = "40009990008"
authority = "100777"
"""
DRIVER = """
[driver]
kind = "command"
command = ["node", "driver.js"]
"""
GOOD = RETAILER + DRIVER


def written(folder: Path, text: str) -> Path:
    path = folder / "retailer.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ['kind = "http"\nurl = "http://127.0.0.1:9000/"', 'kind = "manual"'])
def test_the_other_kinds(kind: str, tmp_path: Path) -> None:
    (tmp_path / "retailer.toml").write_text(RETAILER + f"[driver]\n{kind}\n", encoding="utf-8")
    driver = load_retailer(tmp_path / "retailer.toml").driver
    assert driver.url == ("http://127.0.0.1:9000/" if "http" in kind else None)


def test_reads_the_three_tables(tmp_path: Path) -> None:
    path = written(
        tmp_path, GOOD + 'timeout = 2.5\n[run]\nsecurity = "off"\ntransport = "soap"\nprofile = "official"\n'
    )
    assert load_retailer(path) == RetailerConfig(
        name="Paraugs Enerģija",
        registration_number="40009990008",
        authority="100777",
        driver=DriverConfig(kind=DriverKind.COMMAND, command=("node", "driver.js"), timeout=2.5),
        directory=tmp_path,
        profile="official",
    )


def test_what_is_left_out_has_a_default(tmp_path: Path) -> None:
    config = load_retailer(written(tmp_path, GOOD))
    assert (config.security, config.transport, config.profile) == ("off", "soap", "reconstruction")
    assert config.driver.timeout == 60.0


def test_a_python_object(tmp_path: Path) -> None:
    text = RETAILER + '[driver]\nkind = "python"\nobject = "mybilling.aldis:Driver"\n'
    assert load_retailer(written(tmp_path, text)).driver == DriverConfig(
        kind=DriverKind.PYTHON, object="mybilling.aldis:Driver"
    )


def test_a_profile_path_counts_from_the_file(tmp_path: Path) -> None:
    config = load_retailer(written(tmp_path, GOOD + '[run]\nprofile = "own/profile.toml"\n'))
    assert config.profile == str(tmp_path / "own" / "profile.toml")


def test_the_reference_config_is_as_valid_as_any(tmp_path: Path) -> None:
    reference = reference_config()
    text = RETAILER + f'[driver]\nkind = "python"\nobject = "{reference.driver.object}"\n'
    read = load_retailer(written(tmp_path, text))
    assert (read.name, read.registration_number, read.authority, read.driver) == (
        reference.name,
        reference.registration_number,
        reference.authority,
        reference.driver,
    )


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        pytest.param(DRIVER, None, "retailer", ["missing", "aldis init"], id="no retailer table"),
        pytest.param(RETAILER, None, "driver", ["missing"], id="no driver table"),
        pytest.param("retailer = 5\n" + DRIVER, 1, "retailer", ["table headed [retailer]"], id="not a table"),
        pytest.param(GOOD + "[rum]\n", 9, "rum", ["unknown", 'did you mean "run"'], id="unknown table"),
        pytest.param("timeout = 5\n" + GOOD, 1, "timeout", ["unknown", "driver"], id="key outside a table"),
        pytest.param(GOOD + "tiemout = 5\n", 9, "driver.tiemout", ['did you mean "timeout"'], id="misspelt key"),
        pytest.param(
            GOOD + "colour = 5\n", 9, "driver.colour", ["known are kind, command, object, url"], id="unknown key"
        ),
        pytest.param(
            GOOD.replace('name = "Paraugs Enerģija"\n', ""),
            1,
            "retailer.name",
            ["missing", "company's name"],
            id="no name",
        ),
        pytest.param(
            GOOD.replace("Paraugs Enerģija", " "), 2, "retailer.name", ['found " "', "company's name"], id="empty name"
        ),
        pytest.param(
            GOOD.replace('"40009990008"', "40009990008"),
            3,
            "retailer.registration_number",
            ["40009990008", "quotation marks"],
            id="number instead of text",
        ),
        pytest.param(
            GOOD.replace("40009990008", "4000999000"),
            3,
            "retailer.registration_number",
            ["4000999000", "11 digits"],
            id="too short a registration number",
        ),
        pytest.param(
            GOOD.replace("40009990008", "40009990009"),
            3,
            "retailer.registration_number",
            ["check digit", "Enterprise Register"],
            id="wrong check digit",
        ),
        pytest.param(
            GOOD.replace("100777", "10077"), 4, "retailer.authority", ["10077", "6 digits"], id="authority too short"
        ),
        pytest.param(
            GOOD.replace("100777", "10O777"),
            4,
            "retailer.authority",
            ["10O777", "6 digits"],
            id="letter in authority",
        ),
        pytest.param(GOOD.replace('"command"', '"comand"'), 7, "driver.kind", ["comand", 'mean "command"'], id="kind"),
        pytest.param(
            RETAILER + '[driver]\nkind = "http"\nurl = "127.0.0.1:9000"\n',
            7,
            "driver.url",
            ["127.0.0.1:9000", "http://127.0.0.1:9000/"],
            id="no address",
        ),
        pytest.param(RETAILER + '[driver]\nkind = "http"\n', 5, "driver.url", ["missing", "takes POST"], id="no url"),
        pytest.param(
            RETAILER + '[driver]\nkind = "manual"\nurl = "http://127.0.0.1/"\n',
            7,
            "driver.url",
            ["does not go with"],
            id="url of a manual driver",
        ),
        pytest.param(
            RETAILER + '[driver]\nkind = "command"\n',
            5,
            "driver.command",
            ["missing", "driver.js"],
            id="no command",
        ),
        pytest.param(
            GOOD.replace('["node", "driver.js"]', '"node driver.js"'),
            8,
            "driver.command",
            ["a list"],
            id="not a list",
        ),
        pytest.param(GOOD.replace('["node", "driver.js"]', "[]"), 8, "driver.command", ["a list"], id="empty list"),
        pytest.param(
            GOOD.replace('"driver.js"', "5"),
            8,
            "driver.command[2]",
            ["found 5", "text in quotation marks"],
            id="not texts",
        ),
        pytest.param(GOOD + 'object = "a:B"\n', 9, "driver.object", ["does not go with"], id="key of another kind"),
        pytest.param(GOOD + 'url = "http://x/"\n', 9, "driver.url", ["does not go with"], id="url of another kind"),
        pytest.param(RETAILER + '[driver]\nkind = "python"\n', 5, "driver.object", ["missing"], id="no object"),
        pytest.param(
            RETAILER + '[driver]\nkind = "python"\nobject = "mybilling.aldis.Driver"\n',
            7,
            "driver.object",
            ['"module:Class"'],
            id="object without a colon",
        ),
        pytest.param(GOOD + "timeout = 0\n", 9, "driver.timeout", ["found 0", "above 0"], id="timeout zero"),
        pytest.param(GOOD + "timeout = -1.5\n", 9, "driver.timeout", ["found -1.5"], id="timeout negative"),
        pytest.param(GOOD + "timeout = nan\n", 9, "driver.timeout", ["found NaN"], id="timeout not a number"),
        pytest.param(GOOD + 'timeout = "60"\n', 9, "driver.timeout", ['found "60"'], id="timeout as text"),
        pytest.param(GOOD + "timeout = true\n", 9, "driver.timeout", ["found true"], id="timeout as truth value"),
        pytest.param(GOOD + "timeout = 864000\n", 9, "driver.timeout", ["at most 86400"], id="timeout of ten days"),
        pytest.param(
            GOOD + '[run]\nsecurity = "none"\n',
            10,
            "run.security",
            ['found "none"', 'one of "off", "username", "certificate"'],
            id="security",
        ),
        pytest.param(
            GOOD + '[run]\ntransport = "saop"\n',
            10,
            "run.transport",
            ['did you mean "soap"'],
            id="transport misspelt",
        ),
        pytest.param(GOOD + "[run]\nprofile = 1\n", 10, "run.profile", ["found 1"], id="profile is a number"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, text: str, line: int | None, key: str, words: list[str]) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_retailer(path)
    (problem,) = caught.value.problems
    assert isinstance(problem, Problem)
    assert (problem.path, problem.line, problem.key) == (path, line, key)
    message = str(caught.value)
    assert message.startswith(f"{path}, line {line}: {key}: " if line else f"{path}: {key}: ")
    assert "\n" not in message
    for word in words:
        assert word in message


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("100777", "1007").replace('"command"', '"comand"') + 'timeuot = 5\n[run]\nsecurity = "non"\n'
    with pytest.raises(SettingsError) as caught:
        load_retailer(written(tmp_path, text))
    places = [(problem.line, problem.key) for problem in caught.value.problems if isinstance(problem, Problem)]
    assert places == [(4, "retailer.authority"), (7, "driver.kind"), (9, "driver.timeuot"), (11, "run.security")]


def test_not_toml_says_where(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"retailer\.toml, line 2: not TOML: "):
        load_retailer(written(tmp_path, "[retailer]\nname = \n"))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file; `aldis init`"):
        load_retailer(tmp_path / "retailer.toml")


def test_a_folder_instead_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_retailer(tmp_path)


def test_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "retailer.toml"
    path.write_bytes(GOOD.encode("cp1257"))
    with pytest.raises(SettingsError, match="not UTF-8 at byte"):
        load_retailer(path)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "retailer.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load_retailer(path).name == "Paraugs Enerģija"
