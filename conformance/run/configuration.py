"""The configuration of one run of the suite: its first event, its number of processes, and its form as bytes."""

from __future__ import annotations

import dataclasses
import os
import pickle
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import conformance.scenarios
from conformance.report.events import RequirementInfo, RunStarted, Waiver
from conformance.requirements.catalogue import load as load_requirements
from conformance.retailers.config import REFERENCE_OBJECT, DriverKind, RetailerConfig
from conformance.run.policy import Policy
from conformance.run.redaction import Redactor
from conformance.scenarios.titles import Titles
from simulator import __version__
from simulator.documents.profile import Profile, load_profile
from simulator.domain.errors import UserError
from simulator.domain.language import _

SCENARIOS = Path(conformance.scenarios.__file__).parent
"""The folder of the suite's own features."""
EXPLORATION = "exploration"
"""Id of the random histories in events and reports, and their name for ``--only``."""
_SCENARIOS_PER_WORKER = 16  # a worker's start costs as much CPU as about eight scenarios


@cache
def history_titles() -> Titles:
    """Return the titles under which the random histories are reported."""
    title, feature = _("Random histories"), _("Exploration")
    return Titles(
        title=title.in_language("en"),
        title_lv=title.in_language("lv"),
        feature=feature.in_language("en"),
        feature_lv=feature.in_language("lv"),
    )


class WorkersError(UserError):
    """The run cannot be spread over several processes; the message gives the reason and the remedy."""


@dataclass(frozen=True, slots=True)
class SuiteConfig:
    """The retailer under test and the options of the run.

    ``only`` holds requirement ids, chapters, tags, features or scenario titles (empty: everything). ``time_limit`` is
    in wall seconds from ``started_at``; afterwards no further scenario begins. ``report`` is the folder for journals
    (None: they are not kept). ``lang`` is the language of a manual driver. ``redactor`` replaces persons in everything
    that is reported. ``cases`` is the number of random histories, each over ``months``. ``scenarios`` is the folder of
    features. ``workers`` is the number of processes; None chooses it (see :func:`worker_count`).
    """

    retailer: RetailerConfig
    profile: Profile
    only: tuple[str, ...] = ()
    seed: int = 1
    time_limit: float | None = None
    report: Path | None = None
    waivers: tuple[Waiver, ...] = ()
    lang: str = "en"
    redactor: Redactor | None = None
    cases: int = 0
    months: int = 3
    scenarios: Path = SCENARIOS
    workers: int | None = None
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def explores(self) -> bool:
        """True when random histories are run: some are wanted, and ``only`` does not leave them out."""
        return self.cases > 0 and (not self.only or EXPLORATION in (word.casefold() for word in self.only))

    @property
    def policy(self) -> Policy:
        """The rules on failing the run, with the waivers in force on the day on which it started."""
        return Policy.of(self.profile.assumed_requirements, self.waivers, self.started_at.date())

    @property
    def time_is_up(self) -> bool:
        """True when the time limit is reached."""
        elapsed = (datetime.now(UTC) - self.started_at).total_seconds()
        return self.time_limit is not None and elapsed > self.time_limit


def run_started(config: SuiteConfig, scenarios: int) -> RunStarted:
    """Return the first event of a run with this number of scenarios."""
    return RunStarted(
        retailer=config.retailer.name,
        profile=config.profile.name,
        seed=config.seed,
        suite_version=__version__,
        security=config.retailer.known_by,
        started_at=config.started_at,
        requirements=tuple(
            RequirementInfo.of(requirement, config.retailer.switched_on) for requirement in load_requirements()
        ),
        scenarios=scenarios,
        assumed_requirements=config.profile.assumed_requirements,
        waivers=config.waivers,
    )


def worker_count(config: SuiteConfig, scenarios: int) -> int:
    """Return the number of processes for a run of this number of scenarios.

    Without a number in ``config`` there is one process for every 16 scenarios and at most one per processor, provided
    that the retailer's system can run several times side by side: the bundled reference retailer can, others say so by
    ``[driver] parallel = true``. Raises WorkersError when several are asked for and cannot be had.
    """
    obstacle = _obstacle(config)
    if config.workers is None:
        return 1 if obstacle or not _is_parallel(config.retailer) else _worth_it(scenarios)
    if config.workers > 1 and obstacle is not None:
        raise WorkersError(f"-n {config.workers}: {obstacle}; run it with -n 1")
    return config.workers


def _is_parallel(retailer: RetailerConfig) -> bool:
    return retailer.driver.parallel or retailer.driver.object == REFERENCE_OBJECT


def _obstacle(config: SuiteConfig) -> str | None:
    if config.redactor is not None:
        return "--redact gives each person one name for the whole run, so it needs a single process"
    if config.retailer.driver.kind is DriverKind.MANUAL:
        return 'a driver of kind = "manual" asks one person'
    if config.retailer.driver.kind is DriverKind.HTTP:
        return 'a driver of kind = "http" is one running system, which cannot keep several simulators apart'
    return None


def _worth_it(scenarios: int) -> int:
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(available, scenarios // _SCENARIOS_PER_WORKER))


def pack(config: SuiteConfig) -> bytes:
    """Return the configuration as bytes for another process of this run."""
    values = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
    return pickle.dumps(values | {"profile": str(config.profile.path)})  # a profile holds locks: it is loaded again


def unpack(data: bytes) -> SuiteConfig:
    """Return the configuration that :func:`pack` wrote. Only for bytes that this run's own main process sent."""
    values = pickle.loads(data)  # noqa: S301
    return SuiteConfig(**values | {"profile": load_profile(values["profile"])})
