"""``aldis requirements``: the catalogue as a list, and one requirement with all that tests it."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from conformance.requirements.catalogue import load
from tests.conformance.commands.running import aldis, aldis_process
from tests.mutants.table import TABLE


def shown_as_json(*arguments: str, cwd: Path) -> list[dict[str, Any]]:
    done = aldis("requirements", *arguments, "--json", cwd=cwd)
    assert done.returncode == 0, done.stderr
    shown: list[dict[str, Any]] = json.loads(done.stdout)
    return shown


def test_a_requirement_leads_to_its_rule_scenarios_and_faulty_retailers(tmp_path: Path) -> None:
    done = aldis("requirements", "PAY-03", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    requirement = next(requirement for requirement in load() if requirement.id == "PAY-03")
    lines = done.stdout.splitlines()
    assert lines[:4] == [
        "PAY-03  must, documented",
        f"  {requirement.text_en}",
        f"  source: {requirement.provenance.source}",
        f"  what to do: {requirement.remedy_en}",
    ]
    assert "  rule: all_that_is_due in conformance.rules.payouts" in lines
    assert "    One month: The first contract and the first discount" in lines
    assert (
        "    money:HalfOnly: Takes off half of what it could. Seen in: The first contract and the first discount"
        in lines
    )


def test_texts_and_titles_are_shown_in_latvian(tmp_path: Path) -> None:
    done = aldis("requirements", "pay-03", "--lang", "lv", cwd=tmp_path)
    requirement = next(requirement for requirement in load() if requirement.id == "PAY-03")
    assert requirement.text_lv in done.stdout
    assert requirement.remedy_lv in done.stdout
    assert "    Viens mēnesis: Pirmais līgums un pirmā atlaide" in done.stdout.splitlines()


def test_ids_and_chapters_are_shown_together_and_once(tmp_path: Path) -> None:
    ids = [requirement["id"] for requirement in shown_as_json("PRI-01", "PRI", "CAL-01", cwd=tmp_path)]
    assert ids == [
        requirement.id for requirement in load() if requirement.chapter == "PRI" or requirement.id == "CAL-01"
    ]


def test_options_narrow_what_is_named(tmp_path: Path) -> None:
    shown = shown_as_json("PAY", "DIS", "--basis", "assumed", "--chapter", "dis", cwd=tmp_path)
    assert shown
    assert {(requirement["chapter"], requirement["basis"]) for requirement in shown} == {("DIS", "assumed")}
    done = aldis("requirements", "PAY-03", "--basis", "assumed", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (4, "")


def test_each_tested_requirement_has_a_rule_and_each_mutant_is_listed(tmp_path: Path) -> None:
    shown = shown_as_json(*{requirement.chapter for requirement in load()}, cwd=tmp_path)
    assert [requirement["id"] for requirement in shown] == [requirement.id for requirement in load()]
    for requirement in shown:
        assert (requirement["rule"] is None) == (requirement["untested"] is not None), requirement["id"]
        if requirement["rule"] is not None:
            module = importlib.import_module(requirement["rule"]["module"])
            assert callable(getattr(module, requirement["rule"]["function"]))
    listed = [(faulty["name"], shown_of["id"]) for shown_of in shown for faulty in shown_of["faulty_retailers"]]
    assert sorted(listed) == sorted((mutant.variant, mutant.requirement) for mutant in TABLE)


def test_scenarios_are_those_whose_tags_name_the_requirement(tmp_path: Path) -> None:
    (shown,) = shown_as_json("CON-08", cwd=tmp_path)
    assert {
        "feature": {"lv": "Neparastas izmaksas", "en": "Payouts that are not the ordinary case"},
        "title": {"lv": "Pazūd atbilde uz līgumu dokumentu", "en": "The reply to a contract document is lost"},
    } in shown["scenarios"]
    assert "A bill is taken back and issued anew" not in [scenario["title"]["en"] for scenario in shown["scenarios"]]


def test_the_list_has_no_links(tmp_path: Path) -> None:
    assert set(shown_as_json(cwd=tmp_path)[0]) == {
        "id",
        "chapter",
        "level",
        "basis",
        "source",
        "text",
        "remedy",
        "untested",
    }
    done = aldis("requirements", cwd=tmp_path)
    assert "what to do" not in done.stdout
    assert "tested: by a rule over all traffic" in done.stdout


@pytest.mark.parametrize(
    ("names", "messages"),
    [
        (["PAY-99"], ["aldis: PAY-99: there is no requirement or chapter of this name; did you mean PAY-"]),
        (["PYA"], ["aldis: PYA: there is no requirement or chapter of this name; did you mean PAY"]),
        (["PAY-03", "NOPE", "DIT-1"], ["NOPE: there is no requirement", "DIT-1: there is no requirement"]),
        (["zzz"], ["zzz: there is no requirement or chapter of this name; aldis requirements lists them all"]),
        ([""], ["there is no requirement or chapter of this name; aldis requirements lists them all"]),
    ],
)
def test_an_unknown_name_is_refused_with_those_near_it(names: list[str], messages: list[str], tmp_path: Path) -> None:
    done = aldis("requirements", *names, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert [message for message in messages if message not in done.stderr] == []


def test_a_package_of_the_users_own_called_tests_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "__init__.py").write_text("raise RuntimeError('imported')\n", encoding="utf-8")
    done = aldis_process("requirements", "PAY-03", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "rule: all_that_is_due" in done.stdout
    assert "faulty" not in done.stdout
