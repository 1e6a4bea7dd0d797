"""``aldis check`` as CI uses it: exit codes, reports, and drivers that break the protocol."""

from __future__ import annotations

import base64
import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.conformance.commands.running import aldis, aldis_process

ONE = "A month without any support to pay out"
LOST = "The reply that brings the discounts is lost, and the read is recovered"
HEAD = """
[retailer]
name = "Klusā Enerģija"
registration_number = "40009990008"
authority = "100777"

[driver]
kind = "command"
command = [{python}, "driver.py"]
timeout = 2
"""
GREETING = """
import json, sys, time
def answer(request, **fields):
    print(json.dumps({"id": request["id"], "ok": True, **fields}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if request["do"] == "hello":
        answer(request, name="klusais", version="1", can=[])
    elif request["do"] in ("reset", "bye"):
        answer(request)
    else:
"""


def _retailer(folder: Path, driver: str, *, head: str = HEAD) -> str:
    (folder / "driver.py").write_text(driver, encoding="utf-8")
    (folder / "retailer.toml").write_text(head.format(python=json.dumps(sys.executable)), encoding="utf-8")
    return "retailer.toml"


def test_the_bundled_retailer_passes_and_the_reports_are_there(tmp_path: Path) -> None:
    done = aldis_process("check", "--only", ONE, "--report", "report", cwd=tmp_path)
    assert done.returncode == 0
    report = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert report["result"]["exit_code"] == 0
    junit = ET.parse(tmp_path / "report" / "junit.xml").getroot()
    assert junit.find(".//testcase") is not None
    (journal,) = (tmp_path / "report" / "journal").iterdir()
    assert (journal / "journal.jsonl").read_text(encoding="utf-8").count("\n") > 20


def test_same_seed_same_people_and_another_seed_others(tmp_path: Path) -> None:
    def people(seed: str, folder: str) -> list[str]:
        aldis("check", "--only", ONE, "--seed", seed, "--report", folder, cwd=tmp_path)
        (journal,) = (tmp_path / folder / "journal").glob("*/journal.jsonl")
        entries = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
        return [entry["details"]["events"][0]["holder"]["code"] for entry in entries if entry["operation"] == "apply"]

    assert people("1", "one") == people("1", "again") != people("2", "other")


def test_a_selection_that_matches_nothing_is_never_green(tmp_path: Path) -> None:
    done = aldis("check", "--only", "CAL-03", cwd=tmp_path)
    assert done.returncode == 4


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("NOPE-99", "there is no chapter, requirement, tag, feature or scenario of that name"),
        ("mnth", "did you mean month?"),
        ("SEC", 'security = "off" in [run] of retailer.toml'),
    ],
)
def test_a_word_that_names_nothing_is_wrong_use(word: str, says: str, tmp_path: Path) -> None:
    done = aldis("check", "--only", word, cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr


def test_a_retailer_toml_that_is_not_used_is_pointed_out(tmp_path: Path) -> None:
    (tmp_path / "retailer.toml").write_text("", encoding="utf-8")
    done = aldis("check", "--only", ONE, cwd=tmp_path)
    assert done.returncode == 0
    assert "--retailer retailer.toml" in done.stderr


def test_json_is_all_that_is_printed(tmp_path: Path) -> None:
    done = aldis("check", "--only", ONE, "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["result"]["exit_code"] == 0


def test_latvian(tmp_path: Path) -> None:
    done = aldis("check", "--only", ONE, "--lang", "lv", cwd=tmp_path)
    assert done.returncode == 0
    assert "izpild" in done.stdout.casefold()


def test_a_full_disk_is_the_harness_s_fault(tmp_path: Path) -> None:
    done = aldis_process("check", "--only", ONE, "--report", "report", cwd=tmp_path, file_bytes=200 * 1024)
    assert done.returncode == 3
    assert "not the retailer's fault" in done.stdout
    assert "make room" in done.stdout
    report = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert report["result"]["outcome"] == "harness_failed"
    assert {requirement["status"] for requirement in report["requirements"]} == {"not_tested"}


def test_a_report_that_cannot_be_written_is_said_and_never_green(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("a file stands where the folder should be", encoding="utf-8")
    done = aldis("check", "--only", ONE, "--report", "report", cwd=tmp_path)
    assert done.returncode == 2
    assert "report" in done.stderr


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("        sys.exit(7)\n", "7"),
        ("        time.sleep(60)\n", "2 s"),
        ("        print('Hello, world!', flush=True)\n", "Hello, world!"),
        ("        print(json.dumps({'id': 'other', 'ok': True}), flush=True)\n", "other"),
        ("        print(json.dumps({'id': request['id']}), flush=True)\n", "ok"),
        ("        print('[' * 5000, flush=True)\n", "["),
    ],
    ids=["dies", "hangs", "garbage", "wrong-id", "no-verdict", "deep"],
)
def test_a_driver_that_breaks_the_protocol_fails_the_retailer(body: str, says: str, tmp_path: Path) -> None:
    retailer = _retailer(tmp_path, GREETING + body)
    done = aldis("check", "--retailer", retailer, "--only", "CON-01", "--report", "report", cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    report = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert [requirement["id"] for requirement in report["requirements"] if requirement["status"] == "failed"] == [
        "DRV-01"
    ]
    reasons = " ".join(str(scenario["reason"]) for scenario in report["scenarios"])
    assert says in reasons


def test_a_driver_that_cannot_do_what_is_needed_is_not_tested(tmp_path: Path) -> None:
    body = "        print(json.dumps({'id': request['id'], 'unsupported': True}), flush=True)\n"
    done = aldis("check", "--retailer", _retailer(tmp_path, GREETING + body), "--only", "CON-01", cwd=tmp_path)
    assert done.returncode == 4


def test_a_retailer_that_does_nothing_fails(tmp_path: Path) -> None:
    retailer = _retailer(tmp_path, GREETING + "        answer(request)\n")
    done = aldis("check", "--retailer", retailer, "--only", "CON-01", cwd=tmp_path)
    assert done.returncode == 1


def test_a_driver_that_lies_is_told_that_nothing_arrived(tmp_path: Path) -> None:
    """It says that all is done, sends nothing, or sends it to another environment: that looks the same from here."""
    retailer = _retailer(tmp_path, GREETING + "        answer(request)\n")
    done = aldis("check", "--retailer", retailer, "--only", "month", "--report", "report", cwd=tmp_path)
    assert done.returncode == 1
    report = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    broken = {
        requirement["id"]: requirement for requirement in report["requirements"] if requirement["status"] == "failed"
    }
    assert {"DRV-04", "CON-01", "DIT-09"} <= set(broken)
    said = broken["DRV-04"]["breaches"][0]
    assert "no call of the retailer's system has arrived" in said["message"]["en"]
    assert "neviens tās izsaukums nav pienācis" in said["message"]["lv"]
    assert "addresses that hello gave" in said["expected"]["en"]
    assert all(scenario["status"] != "passed" for scenario in report["scenarios"])


CALLS_AS_ANOTHER = """
        if request["do"] == "exchange":
            import urllib.request
            body = SOAP
            call = urllib.request.Request(address, body.encode(), {
                "Content-Type": "application/soap+xml; charset=utf-8", "Authorization": "Basic bm9ib2R5OnNlY3JldA=="})
            try:
                urllib.request.build_opener(urllib.request.ProxyHandler({})).open(call).read()
            except OSError:
                pass
        answer(request)
"""
SOAP = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
    '<ReceiveMessageList xmlns="http://ivis.eps.gov.lv/ISS/DITService/v1-0">'
    '<MessageListRequest xmlns="http://ivis.eps.gov.lv/XMLSchemas/100000/DIT/v1-0">'
    "<ChannelURN>URN:IVIS:100001:CHA-ALDIS_ProviderContract-TYPE-DSK</ChannelURN></MessageListRequest>"
    "</ReceiveMessageList></s:Body></s:Envelope>"
)


def test_a_system_that_calls_with_another_environments_user(tmp_path: Path) -> None:
    driver = GREETING.replace(
        'answer(request, name="klusais"', 'address = request["endpoints"]["message_service"]\n'
        '        answer(request, name="klusais"'
    )  # fmt: skip
    retailer = _retailer(tmp_path, f"SOAP = {SOAP!r}\n" + driver + CALLS_AS_ANOTHER)
    done = aldis("check", "--retailer", retailer, "--only", ONE, "--report", "report", cwd=tmp_path)
    assert done.returncode == 1
    report = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    broken = {
        requirement["id"]: requirement for requirement in report["requirements"] if requirement["status"] == "failed"
    }
    assert "DRV-04" not in broken  # it did call
    assert "'nobody'" in json.dumps(broken["DIT-05"])


FLOODS = """
        if request["do"] == "apply":
            answer(request)
            while True:
                print("noise" * 1000)
        answer(request)
"""


def test_a_driver_that_floods_fails_and_fills_nothing(tmp_path: Path) -> None:
    retailer = _retailer(tmp_path, GREETING + FLOODS)
    done = aldis("check", "--retailer", retailer, "--only", ONE, cwd=tmp_path)
    assert done.returncode == 1
    assert "DRV-01" in done.stdout
    assert "noise" in done.stdout or "lines before it was asked" in " ".join(done.stdout.split())


def test_a_system_that_floods_the_network_fails(tmp_path: Path) -> None:
    driver = GREETING.replace(
        'answer(request, name="klusais"', 'address = request["endpoints"]["message_service"]\n'
        '        answer(request, name="klusais"'
    )  # fmt: skip
    ours = base64.b64encode(b"dit-100777:").decode()
    flood = CALLS_AS_ANOTHER.replace("bm9ib2R5OnNlY3JldA==", ours).replace(
        "            try:\n", "            for _ in range(300):\n              try:\n"
    ).replace("                urllib.request.build", "                  urllib.request.build").replace(
        "            except OSError:\n                pass", "              except OSError:\n                  pass"
    )  # fmt: skip
    retailer = _retailer(
        tmp_path, f"SOAP = {SOAP!r}\n" + driver + flood, head=HEAD.replace("timeout = 2", "timeout = 60")
    )
    done = aldis("check", "--retailer", retailer, "--only", ONE, "--report", "report", cwd=tmp_path)
    assert done.returncode == 1
    report = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    broken = [requirement["id"] for requirement in report["requirements"] if requirement["status"] == "failed"]
    assert "DIT-04" in broken
    assert "DRV-04" not in broken


CHANGES_ITS_NAME = """
import json, os, sys
turn = len(os.listdir("turns"))
open(f"turns/{turn}", "w").close()
for line in sys.stdin:
    request = json.loads(line)
    if request["do"] == "apply" and turn == 0:
        sys.exit(3)
    print(json.dumps({"id": request["id"], "ok": True, "name": f"system {turn}", "can": []}), flush=True)
"""


def test_a_driver_that_changes_its_name_half_way(tmp_path: Path) -> None:
    (tmp_path / "turns").mkdir()
    retailer = _retailer(tmp_path, CHANGES_ITS_NAME)
    done = aldis("check", "--retailer", retailer, "--only", "month", "--report", "report", cwd=tmp_path)
    assert done.returncode == 1
    report = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    reasons = " ".join(str(scenario["reason"]) for scenario in report["scenarios"])
    assert "the driver called itself 'system 0' before and 'system 1' now; it must stay the same" in reasons


@pytest.mark.parametrize(
    ("head", "says"),
    [
        (HEAD.replace("{python}", '"/no/such/program"'), "/no/such/program"),
        (HEAD.replace('kind = "command"', 'kind = "pigeon"'), "pigeon"),
        (HEAD.replace("40009990008", "40009990009"), "registration_number"),
        (HEAD.replace("timeout = 2", "timeout = -2"), "timeout"),
        (HEAD.replace("[driver]", "[drivr]"), "drivr"),
        ("not toml", "retailer.toml"),
    ],
)
def test_a_bad_retailer_toml_is_one_sentence_and_wrong_use(head: str, says: str, tmp_path: Path) -> None:
    done = aldis("check", "--retailer", _retailer(tmp_path, "", head=head), cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert all("retailer.toml" in line for line in done.stderr.splitlines())


def test_same_seed_same_run(tmp_path: Path) -> None:
    def journal_of(seed: str, folder: str) -> list[tuple[object, ...]]:
        aldis("check", "--only", LOST, "--seed", seed, "--report", folder, cwd=tmp_path)
        (journal,) = (tmp_path / folder / "journal").glob("*/journal.jsonl")
        entries = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
        return [(entry["operation"], entry["at"], entry.get("message_ids")) for entry in entries]

    assert journal_of("1", "one") == journal_of("1", "again") != journal_of("2", "other")
