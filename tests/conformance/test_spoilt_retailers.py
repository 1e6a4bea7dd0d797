"""The suite finds what a retailer does wrong: each spoilt retailer breaks the one rule it should, and no other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conformance.commands.running import aldis

ROOT = Path(__file__).parents[2]
RETAILER = """
[retailer]
name = "Sabojātā Enerģija"
registration_number = "40009990008"
authority = "100777"

[driver]
kind = "python"
object = "{object}"
timeout = 60
"""
# A broken requirement that is documented or inferred makes the run red (exit code 1).
RED = {
    "money:VatCovered": "PAY-01",
    "money:SpendsTwice": "PAY-02",
    "money:WholeEuros": "PAY-03",
    "money:CarryOverLost": "PAY-03",
    "money:LapseForgotten": "PAY-05",
    "money:PayoutForgotten": "PAY-06",
    "money:ReversalUntold": "PAY-09",
    "money:OtherAmountReported": "PAY-12",
    "money:TerminationIgnored": "DIS-01",
    "money:CatchUpIgnored": "DIS-02",
    "money:FirstCategoryOnly": "DIS-03",
    "contracts:SecondContractForgotten": "CON-01",
    "contracts:ZerosLost": "CON-02",
    "contracts:EndsUntold": "CON-04",
    "contracts:SubUsersUntold": "CON-06",
    "contracts:ContractInvented": "CON-07",
    "network:ListReadPartly": "DIT-01",
    "network:NeverDeletes": "DIT-02",
    "network:NeverConfirms": "DIT-03",
    "network:PollsTooOften": "DIT-04",
    "network:ForeignVersion": "DIT-05",
    "network:InvalidDocument": "XML-01",
    "network:ComplaintsUnread": "DIT-09",
    "network:NewDocumentOnResend": "ERR-02",
    "network:ForeignName": "PRI-01",
    "network:BillsFail": "DRV-01",
}
# What is only assumed, or only a should, warns; with assumed_requirements = "fail" a must is red too.
WARNED = {
    "money:SplitUntold": "PAY-04",
    "money:InvoiceRenumbered": "PAY-08",
    "money:EmptyMonthUntold": "PAY-10",
    "contracts:LatvianLettersLost": "CON-03",
    "contracts:NewCodesUntold": "CON-05",
    "contracts:ContractsLate": "CAL-01",
    "contracts:NeverCorrects": "ERR-01",
}


def _check(name: str, folder: Path) -> tuple[int, dict[str, set[str]]]:
    (folder / "retailer.toml").write_text(RETAILER.format(object=f"tests.spoilt.{name}"), encoding="utf-8")
    done = aldis("check", "--retailer", str(folder / "retailer.toml"), "--report", str(folder / "report"), cwd=ROOT)
    report = json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))
    verdicts: dict[str, set[str]] = {}
    for each in report["requirements"]:
        verdicts.setdefault(each["status"], set()).add(each["id"])
    return done.returncode, verdicts


def test_the_reference_retailer_is_green(tmp_path: Path) -> None:
    code, verdicts = _check("green:Driver", tmp_path)
    assert code == 0
    assert "failed" not in verdicts
    assert "warned" not in verdicts


@pytest.mark.slow
@pytest.mark.parametrize("name", RED)
def test_a_broken_requirement_turns_the_run_red(name: str, tmp_path: Path) -> None:
    code, verdicts = _check(name, tmp_path)
    assert (verdicts.get("failed"), verdicts.get("warned")) == ({RED[name]}, None)
    assert code == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", WARNED)
def test_a_broken_assumption_warns(name: str, tmp_path: Path) -> None:
    code, verdicts = _check(name, tmp_path)
    assert (verdicts.get("failed"), verdicts.get("warned")) == (None, {WARNED[name]})
    assert code == 0
