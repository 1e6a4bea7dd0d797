"""Redacted reports and journals name no person of the run; a person has the same synthetic name everywhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.requirements.verdicts import Breach, Evidence, Verdict
from conformance.run.redaction import RedactedJournal, Redactor
from simulator.documents.reading import read_document
from simulator.documents.validation import validate
from simulator.domain.language import Bilingual, Text
from simulator.domain.model import ChannelName
from simulator.journal import FolderJournal, write_folder
from tests.conformance.commands.running import aldis
from tests.conformance.rules.builder import ANNA, HOME, ILZE, PROFILE, Story, contract, tenant


def story() -> Story:
    recorded = Story()
    recorded.sign()
    recorded.join(ILZE)
    with recorded.run("contract"):
        recorded.fetch("contract")
        recorded.report(contract(sub_users=(tenant(ILZE),)))
    return recorded


def redactor_of(recorded: Story) -> Redactor:
    redactor = Redactor()
    redactor.learn(recorded.journal, PROFILE, recorded.case().world)
    return redactor


PERSONAL = (ANNA.code, ANNA.code.replace("-", ""), ANNA.surname, ILZE.code, ILZE.surname, HOME.text)


def test_people_are_replaced_and_everything_else_stays() -> None:
    redactor = redactor_of(story())
    text = f"Līgums 0012345678: {ANNA.given_name} {ANNA.surname} ({ANNA.code}), {HOME.text}; 40009990008, 20.00 EUR"
    hidden = redactor.text(text)
    assert not [personal for personal in PERSONAL if personal in hidden]
    for kept in ("Līgums 0012345678", "40009990008", "20.00 EUR"):
        assert kept in hidden
    assert redactor.text(text) == hidden
    assert redactor.text(ANNA.code.replace("-", "")) == redactor.text(ANNA.code).replace("-", "")
    assert redactor.text(ANNA.code) != redactor.text(ILZE.code)


def test_events_are_redacted_whole() -> None:
    breach = Breach(
        Text("holder {number} is {name!r}", {"number": 7, "name": ANNA.surname}),
        expected=Bilingual(lv=ANNA.given_name, en=ANNA.code),
        evidence=(Evidence(7, None, ANNA.code),),
    )
    hidden = redactor_of(story()).event(Verdict("CON-03", 1, (breach,)))
    assert not [personal for personal in PERSONAL if personal in str(hidden)]
    assert hidden.requirement == "CON-03"
    assert hidden.breaches[0].message.in_language("en").startswith("holder 7 is ")
    assert hidden.breaches[0].evidence[0].entry == 7


def test_a_redacted_journal_can_be_written_and_read_and_its_documents_are_still_valid(tmp_path: Path) -> None:
    recorded = story()
    write_folder(RedactedJournal(recorded.journal, redactor_of(recorded)), tmp_path / "journal")
    everything = b"".join(path.read_bytes() for path in (tmp_path / "journal").rglob("*") if path.is_file()).decode()
    assert not [personal for personal in PERSONAL if personal in everything]
    read = FolderJournal(tmp_path / "journal")
    (payload,) = {entry.payload for entry in read.entries() if entry.payload}
    data = read.blob(payload)
    assert not validate(data, PROFILE, ChannelName.CONTRACT)
    (record,) = read_document(data, PROFILE).contracts()
    assert record.holder.code != record.sub_users[0].person.code


@given(st.text())
def test_what_is_not_personal_is_left_alone(text: str) -> None:
    redactor = Redactor()
    assert redactor.text(text) == text
    assert redactor.data(text.encode("utf-8", "surrogatepass")) == text.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", "windows ā".encode("windows-1257")])
def test_bytes_that_are_no_text_pass(data: bytes) -> None:
    assert redactor_of(story()).data(data) == data


def test_check_redacts_all_that_it_writes(tmp_path: Path) -> None:
    arguments = ("--only", "A record is wrong, BVKB says so, and the retailer corrects it", "--report")
    aldis("check", *arguments, "plain", cwd=tmp_path)
    done = aldis("check", *arguments, "hidden", "--redact", cwd=tmp_path)
    assert done.returncode == 0
    plain, hidden = (
        b"".join(path.read_bytes() for path in sorted((tmp_path / folder).rglob("*")) if path.is_file()).decode()
        for folder in ("plain", "hidden")
    )
    codes = set(re.findall(r'"code":"(\d{6}-\d{5})"', plain))
    assert codes
    assert "Bērziņa" in plain
    assert not [code for code in (*codes, "Bērziņa", "Kalniņš", "Paraugu iela") if code in hidden]
    report = json.loads((tmp_path / "hidden" / "report.json").read_text(encoding="utf-8"))
    assert report["result"]["exit_code"] == 0


def test_a_gate_asks_for_a_report_and_a_key_and_names_what_is_missing(tmp_path: Path) -> None:
    done = aldis("check", "--gate", "signoff", cwd=tmp_path)
    assert done.returncode == 2
    assert "--key" in done.stderr
    done = aldis("check", "--gate", "signoff", "--report", "r", "--key", "none.pem", cwd=tmp_path)
    assert done.returncode == 2
    assert "openssl genpkey" in done.stderr
