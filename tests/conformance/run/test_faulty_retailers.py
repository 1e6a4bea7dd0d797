"""The suite finds a retailer's fault: each faulty retailer breaks the requirement that it should, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from conformance.accounts.timeline import cited_by
from conformance.report.events import Event, ScenarioFinished, Status
from conformance.report.summary import RunSummary
from conformance.requirements.catalogue import load
from conformance.retailers.config import DriverConfig, DriverKind, RetailerConfig
from conformance.rules import judge
from conformance.run.configuration import SuiteConfig
from conformance.run.policy import Policy
from conformance.run.suite import run_suite
from simulator.documents.profile import load_profile
from tests.conformance.commands.running import aldis
from tests.conformance.rules.builder import Story
from tests.mutants.table import TABLE, Mutant

ROOT = Path(__file__).parents[3]
RETAILER = """
[retailer]
name = "Paraugs Enerģija"
registration_number = "40009990008"
authority = "100777"
[driver]
kind = "python"
object = "{object}"
[run]
security = "{security}"
"""
MACHINE_CLOCK = "tests.conformance.machine_clock:ByMachineClock"
PROFILE = load_profile()
POLICY = Policy(PROFILE.assumed_requirements)
REQUIREMENTS = {requirement.id: requirement for requirement in load()}
WITHOUT_FAULTY_RETAILER = {
    "XML-02": "the reference retailer's SOAP library writes UTF-8 only",
    "DIT-06": "the reference retailer's SOAP library makes its calls from the WSDL",
    "DIT-08": "500 MB would have to be sent",
    "DIT-17": "100 GB would have to be sent",
    "CON-08": "the reference retailer makes a new id for each document",
    "PAY-11": "amounts are written by the profile, always with two decimals",
    "PRI-01": "the reference retailer has no contracts of others",
}
"""Rules that no faulty retailer breaks; a story in tests/conformance/rules shows that each can fail."""


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulator's keys, made once for all."""
    return tmp_path_factory.mktemp("keys")


def play(faulty: Mutant, keys: Path, instead: str | None = None) -> RunSummary:
    config = RetailerConfig(
        name="Sabojātā Enerģija",
        registration_number="40009990008",
        authority="100777",
        driver=DriverConfig(kind=DriverKind.PYTHON, object=instead or f"tests.mutants.{faulty.variant}"),
        directory=ROOT,
        security=faulty.security,
        transport=faulty.transport,
        keys=keys,
    )
    summary = RunSummary()
    finished: list[ScenarioFinished] = []

    def keep(event: Event) -> None:
        if isinstance(event, ScenarioFinished):
            finished.append(event)

    run_suite(SuiteConfig(config, PROFILE, only=(faulty.scenario,)), [summary, keep])
    assert finished, f"there is no scenario {faulty.scenario!r}"
    assert not summary.harness_failures
    for scenario in finished:
        assert scenario.timeline is not None
        shown = {moment.entry for moment in scenario.timeline.moments}
        assert cited_by(scenario.judged) <= shown, "a breach cites an entry that the timeline leaves out"
    return summary


@pytest.mark.parametrize("faulty", TABLE, ids=lambda row: row.variant)
def test_a_fault_breaks_its_own_requirement_and_no_other(faulty: Mutant, keys: Path) -> None:
    summary = play(faulty, keys)
    broken = {verdict.info.id: verdict.status for verdict in summary.verdicts if verdict.breaches}
    assert set(broken) == {faulty.requirement, *faulty.also}
    red = any(POLICY.is_fatal(REQUIREMENTS[requirement]) for requirement in broken)
    assert broken[faulty.requirement] is (
        Status.FAILED if POLICY.is_fatal(REQUIREMENTS[faulty.requirement]) else Status.WARNED
    )
    assert summary.exit_code == (1 if red or summary.failed_scenarios else 0)


@pytest.mark.slow
def test_the_reference_retailer_is_green_and_ready_for_sign_off(tmp_path: Path) -> None:
    (tmp_path / "retailer.toml").write_text(
        RETAILER.format(object="conformance.retailers.reference.driver:Driver", security="username"), encoding="utf-8"
    )
    key = tmp_path / "key.pem"
    key.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    asked = ("--retailer", "retailer.toml", "--gate", "signoff", "--key", "key.pem", "--report", "report")
    done = aldis("check", *asked, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in done.stdout
    tested = [
        requirement.id
        for requirement in REQUIREMENTS.values()
        if requirement.untested is None and requirement.needs in (None, "soap", "security")
    ]
    assert f"{len(tested)} of {len(REQUIREMENTS)} requirements tested" in " ".join(done.stdout.split())
    verified = aldis("dossier", "verify", "report/dossier.zip", cwd=tmp_path)
    assert verified.returncode == 0, verified.stdout + verified.stderr


@pytest.mark.parametrize("security", ["off", "certificate"])
def test_without_tokens_and_by_certificate_a_month_passes_too(security: str, tmp_path: Path) -> None:
    (tmp_path / "retailer.toml").write_text(
        RETAILER.format(object="conformance.retailers.reference.driver:Driver", security=security), encoding="utf-8"
    )
    done = aldis("check", "--retailer", "retailer.toml", "--only", "month", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"security {security}" in done.stdout
    judged = next(line for line in done.stdout.splitlines() if line.startswith("SEC"))
    assert ("hold" in judged) is (security != "off")


@pytest.mark.slow
def test_a_retailer_that_signs_by_its_machines_clock_is_waited_for(keys: Path) -> None:
    scenario = "Tokens end between the retailer's runs"
    summary = play(Mutant("security:StaleToken", "SEC-04", scenario, security="username"), keys, MACHINE_CLOCK)
    assert summary.exit_code == 0
    assert next(verdict for verdict in summary.verdicts if verdict.info.id == "SEC-04").checked


def test_every_rule_is_tripped_or_it_is_said_why_not() -> None:
    judged = {verdict.requirement for verdict in judge(Story().case())}
    tripped = {faulty.requirement for faulty in TABLE}
    assert len({faulty.variant for faulty in TABLE}) == len(TABLE) >= 50
    assert judged - tripped == set(WITHOUT_FAULTY_RETAILER)
    assert all(faulty.fault for faulty in TABLE)
