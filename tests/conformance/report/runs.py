"""Runs as lists of events, for the tests of every report."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from conformance.report.events import (
    Event,
    HarnessFailed,
    RequirementInfo,
    RunFinished,
    RunStarted,
    ScenarioFinished,
    ScenarioStarted,
    Status,
)
from conformance.report.summary import RunSummary
from conformance.requirements.catalogue import load
from conformance.requirements.verdicts import Breach, Evidence, Verdict
from simulator.domain.language import Bilingual

BEGAN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ALL = tuple(RequirementInfo.of(requirement, ()) for requirement in load())


def info(identifier: str, level: str = "must", basis: str = "documented") -> RequirementInfo:
    return RequirementInfo(
        id=identifier,
        level=level,
        text_lv=f"Prasība {identifier}.",
        text_en=f"Requirement {identifier}.",
        remedy_lv=f"Izlabojiet {identifier}.",
        remedy_en=f"Fix {identifier}.",
        basis=basis,
        source="Cabinet Regulation No. 345",
    )


def breach(**evidence: object) -> Breach:
    values: dict[str, object] = {
        "entry": 57,
        "path": "/ppriv:ProviderPayout/ppriv:Payout[1]",
        "excerpt": "<ppriv:Applied>14.93</ppriv:Applied>",
    } | evidence
    return Breach(
        Bilingual(
            lv="Rēķinā R-2026-03-0001 (līgums 0012345678) piemēroti 14.93 EUR, bet neto summa ir 12.34 EUR.",
            en="14.93 EUR was applied on invoice R-2026-03-0001 of contract 0012345678; its net bill is 12.34 EUR.",
        ),
        expected=Bilingual(lv="ne vairāk kā 12.34 EUR", en="at most 12.34 EUR"),
        evidence=(Evidence(**values),),  # type: ignore[arg-type]
    )


def judged(identifier: str, checked: int = 1, broken: int = 0) -> Verdict:
    return Verdict(identifier, checked, tuple(breach() for _ in range(broken)))


def started(requirements: Iterable[RequirementInfo] = ALL, **changes: object) -> RunStarted:
    values: dict[str, object] = {
        "retailer": "Paraugs Enerģija",
        "profile": "reconstruction",
        "seed": 1,
        "suite_version": "0.1.0",
        "security": "off",
        "started_at": BEGAN,
        "requirements": tuple(requirements),
        "scenarios": 1,
    } | changes
    return RunStarted(**values)  # type: ignore[arg-type]


def scenario(name: str, *verdicts: Verdict, **changes: object) -> tuple[Event, Event]:
    values: dict[str, object] = {"status": Status.PASSED, "judged": verdicts, "seconds": 0.25, "entries": 80} | changes
    return (
        ScenarioStarted(f"test_{name}", f"The {name}", "One month"),
        ScenarioFinished(scenario=f"test_{name}", **values),  # type: ignore[arg-type]
    )


def finished(**changes: object) -> RunFinished:
    values: dict[str, object] = {
        "finished_at": BEGAN,
        "seconds": 12.5,
        "retailer_name": "reference",
        "retailer_version": "0.1.0",
        "can": ("clock", "reversals"),
    } | changes
    return RunFinished(**values)  # type: ignore[arg-type]


def run(*scenarios: tuple[Event, ...], requirements: Iterable[RequirementInfo] = ALL, **changes: object) -> list[Event]:
    return [started(requirements, **changes), *(event for scenario in scenarios for event in scenario), finished()]


def fold(events: Iterable[Event]) -> RunSummary:
    summary = RunSummary()
    for event in events:
        summary(event)
    return summary


def harness(message: str = "no space left on device") -> tuple[Event, ...]:
    return (HarnessFailed("The first contract", message),)
