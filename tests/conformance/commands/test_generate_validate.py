from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.documents.profile import load_profile
from simulator.documents.validation import validate
from tests.conformance.commands.running import aldis

CHANNELS = ("contract", "discount", "payout")


@pytest.mark.parametrize("channel", CHANNELS)
def test_generated_documents_are_valid_and_repeatable(channel: str, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        done = aldis(
            "generate", channel, "--count", "4", "--records", "9", "--seed", "5", "--out", folder, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
    files = sorted((tmp_path / "one").iterdir())
    assert len(files) == 4
    assert len({file.read_bytes() for file in files}) == 4
    assert [file.read_bytes() for file in files] == [path.read_bytes() for path in sorted((tmp_path / "two").iterdir())]
    checked = aldis("validate", *(str(file) for file in files), cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("channel", ["contract", "discount", "payout"])
def test_documents_are_of_the_month_asked_for(channel: str, tmp_path: Path) -> None:
    """Also of one with rates of its own (those before August 2023)."""
    for period in ("2022-12", "2026-03"):
        done = aldis("generate", channel, "--period", period, "--count", "2", "--out", period, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        files = sorted((tmp_path / period).iterdir())
        assert all(f"Period>{period}</" in file.read_text(encoding="utf-8") for file in files)
        assert aldis("validate", *map(str, files), cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("period", "says"), [("2026-13", "expected YYYY-MM"), ("2010-01", "no rates for 2010-01; its first are of 2021-09")]
)
def test_a_month_that_is_none_or_has_no_rates_is_told(period: str, says: str, tmp_path: Path) -> None:
    done = aldis("generate", "contract", "--period", period, cwd=tmp_path)
    assert done.returncode == 2
    assert says in " ".join(done.stderr.replace("│", " ").split())
    assert done.stdout == ""


def test_an_empty_document_is_valid(tmp_path: Path) -> None:
    done = aldis("generate", "payout", "--records", "0", "--out", ".", cwd=tmp_path)
    assert aldis("validate", done.stdout.strip(), cwd=tmp_path).returncode == 0


def test_findings_have_line_path_expected_and_source(tmp_path: Path) -> None:
    sample = aldis("generate", "payout", "--records", "2", cwd=tmp_path).stdout
    invalid = sample.replace("</ppriv:Applied>", "x</ppriv:Applied>", 1)
    line = next(n for n, text in enumerate(invalid.splitlines(), start=1) if "x</ppriv:Applied>" in text)
    (tmp_path / "invalid.xml").write_text(invalid, encoding="utf-8")
    shown = aldis("validate", "invalid.xml", "--json", cwd=tmp_path)
    assert shown.returncode == 1
    (file,) = json.loads(shown.stdout)["files"]
    assert file["valid"] is False
    finding = file["findings"][0]
    assert finding["line"] == line
    assert finding["path"] == "/ppriv:ProviderPayout/ppriv:Payout[1]/ppriv:Applied"
    assert finding["expected"]
    assert finding["source"]
    people = aldis("validate", "invalid.xml", "--lang", "lv", cwd=tmp_path)
    assert people.returncode == 1
    assert "NEDERĪGS" in people.stdout


@pytest.mark.parametrize(
    "data",
    [b"", b"<", b"\xff\xfe\x00", b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", b"<a/>"],
    ids=["empty", "broken", "binary", "dtd", "foreign"],
)
def test_what_is_no_document_gets_a_finding(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "odd.xml").write_bytes(data)
    shown = aldis("validate", "odd.xml", cwd=tmp_path)
    assert shown.returncode == 1
    assert "INVALID" in shown.stdout


def test_invalid_documents_say_what_must_be_said_of_them(tmp_path: Path) -> None:
    done = aldis("generate", "payout", "--invalid", "--count", "40", "--seed", "3", "--out", "bad", cwd=tmp_path)
    files = [Path(line) for line in done.stdout.splitlines()]
    assert len(files) == 40
    profile = load_profile()
    kinds = set()
    for file in files:
        expected = json.loads((tmp_path / file).with_suffix(".expect.json").read_text(encoding="utf-8"))
        complaints = validate((tmp_path / file).read_bytes(), profile)
        assert {(complaint.code, complaint.path) for complaint in complaints} == {
            (expected["code"], expected["path"])
        }, file
        assert expected["why"]
        kinds.add(file.stem.split("-", 3)[3])
    assert len(kinds) >= 35
    refused = aldis("validate", str(files[0]), cwd=tmp_path)
    assert refused.returncode == 1


def test_invalid_documents_need_a_folder(tmp_path: Path) -> None:
    done = aldis("generate", "payout", "--invalid", cwd=tmp_path)
    assert done.returncode == 2
    assert "--out" in done.stderr
