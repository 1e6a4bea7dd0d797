"""The policy that decides what fails a run, from requirements, verdicts and waivers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from conformance.report.events import RequirementInfo, Status
from conformance.requirements.catalogue import Requirement
from conformance.requirements.verdicts import Verdict
from conformance.run.waivers import Waiver

Rated = Requirement | RequirementInfo
"""A requirement with its level and basis: of the catalogue, or as reports show it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The strictness of a run.

    ``assumed_requirements`` is the profile's setting for what is only assumed: ``warn`` or ``fail``. ``waived`` holds
    the ids of requirements whose waivers are in force.
    """

    assumed_requirements: str
    waived: frozenset[str] = frozenset()

    @classmethod
    def of(cls, assumed_requirements: str, waivers: Iterable[Waiver], day: date) -> Policy:
        """Return the policy of a run that started on ``day`` (UTC)."""
        return cls(assumed_requirements, frozenset(waiver.requirement for waiver in waivers if not waiver.expired(day)))

    def is_fatal(self, requirement: Rated) -> bool:
        """Tell whether a breach of a requirement fails the run, waivers aside; otherwise it is a warning.

        A broken *should* never does. What is only assumed is no reason to fail a retailer, unless the profile says so.
        """
        return requirement.level == "must" and (requirement.basis != "assumed" or self.assumed_requirements == "fail")

    def failing(self, verdicts: Iterable[Verdict], requirements: Mapping[str, Rated]) -> frozenset[str]:
        """Return the ids of the broken requirements that fail the run. ``requirements`` holds all, by id."""
        return frozenset(
            verdict.requirement
            for verdict in verdicts
            if verdict.breaches and verdict.requirement not in self.waived
            if self.is_fatal(requirements[verdict.requirement])
        )

    def status(self, requirement: Rated, *, checked: int, broken: bool) -> Status:
        """Return the status of a requirement after ``checked`` checks, in which it was ``broken`` or not."""
        if not broken:
            return Status.PASSED if checked else Status.NOT_TESTED
        if requirement.id in self.waived:
            return Status.WAIVED
        return Status.FAILED if self.is_fatal(requirement) else Status.WARNED
