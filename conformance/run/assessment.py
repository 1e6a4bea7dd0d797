"""The judgement of one journal by all rules, for scenarios, random histories and recorded traffic alike."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from conformance.accounts.timeline import cited_by, timeline_of
from conformance.report.events import ScenarioFinished, Status
from conformance.requirements.catalogue import Requirement
from conformance.requirements.catalogue import load as load_requirements
from conformance.requirements.verdicts import Verdict
from conformance.rules import judge
from conformance.rules.case import Case
from conformance.run.configuration import SuiteConfig
from conformance.run.policy import Policy
from conformance.run.redaction import RedactedJournal
from conformance.run.reproducers import folder_name
from simulator.http.simulation import Simulation
from simulator.journal import Journal, write_folder
from simulator.world.model import Retailer


@dataclass(frozen=True, slots=True)
class Assessment:
    """The verdicts of all rules on one case. ``failing`` are the requirements whose breaches fail the run."""

    case: Case
    verdicts: tuple[Verdict, ...]
    failing: frozenset[str]

    @property
    def status(self) -> Status:
        """FAILED, WARNED or PASSED, as the verdicts say."""
        if self.failing:
            return Status.FAILED
        return Status.WARNED if any(verdict.breaches for verdict in self.verdicts) else Status.PASSED

    @property
    def checked(self) -> frozenset[str]:
        """The requirements that were checked at least once."""
        return frozenset(verdict.requirement for verdict in self.verdicts if verdict.checked)

    def finished(
        self,
        scenario: str,
        status: Status,
        *,
        since: float,
        reason: str | None = None,
        journal: Path | None = None,
        reproducer: str | None = None,
    ) -> ScenarioFinished:
        """Return the event for a scenario that began at ``since``, by the monotonic clock."""
        return ScenarioFinished(
            scenario=scenario,
            status=status,
            judged=self.verdicts,
            reason=reason,
            seconds=time.monotonic() - since,
            journal=journal,
            entries=len(self.case.entries),
            timeline=timeline_of(self.case, cited_by(self.verdicts)),
            reproducer=reproducer,
        )


def assess(case: Case, policy: Policy, selected: Collection[str] | None = None) -> Assessment:
    """Judge a case by all rules, or those of ``selected`` requirements; the policy says which breaches fail the run."""
    verdicts = tuple(verdict for verdict in judge(case) if selected is None or verdict.requirement in selected)
    return Assessment(case, verdicts, policy.failing(verdicts, requirements()))


def case_of(simulation: Simulation, retailer: Retailer) -> Case:
    """Return the case of a running simulation, once ALDIS has processed everything that was sent."""
    simulation.settle()
    return Case(simulation.journal, simulation.world, simulation.profile, retailer)


@cache
def requirements() -> dict[str, Requirement]:
    """Return the catalogue of requirements by id."""
    return {requirement.id: requirement for requirement in load_requirements()}


def keep_journal(simulation: Simulation, config: SuiteConfig, scenario: str) -> Path | None:
    """Write a scenario's journal to the report's folder and return where; None without a report.

    The run's redactor, if any, learns the persons of the journal, so call this before anything of it is reported.
    """
    if config.redactor is not None:
        config.redactor.learn(simulation.journal, simulation.profile, simulation.world)
    if config.report is None:
        return None
    folder = config.report / "journal" / folder_name(scenario)
    journal: Journal = simulation.journal
    write_folder(journal if config.redactor is None else RedactedJournal(journal, config.redactor), folder)
    return folder
