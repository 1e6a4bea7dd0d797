"""Plays scenarios: gives each its stage, has every rule judge it, tells what came of it. A pytest plugin."""

from __future__ import annotations

import re
import time
import traceback
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.redaction import RedactedJournal
from conformance.report.events import (
    Event,
    HarnessFailed,
    ScenarioFinished,
    ScenarioStarted,
    Status,
)
from conformance.reproducers import feature_of
from conformance.requirements.catalogue import NEEDS
from conformance.requirements.catalogue import load as load_requirements
from conformance.retailers.protocol import DriverError, DriverNotStarted
from conformance.rules import judge
from conformance.rules.case import Case
from conformance.scenarios.population import Population
from conformance.scenarios.stage import Stage
from conformance.scenarios.subject import RetailerRefused, Subject, Unsupported
from conformance.scenarios.titles import is_ours, scenario_of, titles_of
from conformance.timeline import cited_by, timeline_of
from conformance.verdicts import Verdict
from simulator.journal import Entry, Journal, Kind, decided, write_folder
from simulator.server import Server
from simulator.simulation import Simulation

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.suite import SuiteConfig

_REQUIREMENT = re.compile(r"[A-Z]{3}-\d{2}")
TAGS = frozenset({"misbehaviour", *NEEDS})
"""The tags of scenarios that are not requirements."""
_BREAKDOWNS = 2  # a driver that broke in so many scenarios running is not tried again


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How a scenario's steps ended, before the rules have spoken."""

    status: Status
    reason: str | None = None


class SuitePlugin:
    """Plays the chosen scenarios of one run and emits its events."""

    def __init__(
        self,
        config: SuiteConfig,
        subject: Subject,
        server: Server,
        emit: Callable[[Event], None],
        started: Callable[[int], Event],
    ) -> None:
        self._config = config
        self._subject = subject
        self._server = server
        self._emit = emit
        self._started = started
        self._requirements = {each.id: each for each in load_requirements()}
        self._stage: Stage | None = None
        self._breakdowns = 0
        self._deadline = None if config.time_limit is None else time.monotonic() + config.time_limit

    # -- choosing

    @pytest.hookimpl(tryfirst=True)
    def pytest_bdd_apply_tag(self, tag: str, function: Any) -> bool | None:  # noqa: ARG002 - pytest calls by name
        """Our tags name requirements and subjects; they are read from the scenario, not kept as pytest marks."""
        return True if tag in TAGS or _REQUIREMENT.fullmatch(tag) else None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep what was asked for, then tell that the run begins."""
        chosen = [each for each in items if self._wanted(each)]
        config.hook.pytest_deselected(items=[each for each in items if each not in chosen])
        items[:] = chosen
        self._emit(self._started(sum(map(is_ours, chosen))))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A scenario that cannot even be read is the suite's fault."""
        if report.failed:
            self._emit(HarnessFailed("collection", str(report.longrepr)))

    def _wanted(self, item: pytest.Item) -> bool:
        if not is_ours(item):
            return True
        if set(tags_of(item)) & set(NEEDS) - self._config.retailer.switched_on:
            return False
        if not self._config.only:
            return True
        scenario = scenario_of(item)
        names = {
            each.casefold() for each in (*tags_of(item), item.name, scenario.name, Path(scenario.feature.filename).stem)
        }
        names |= {each.partition("-")[0] for each in names if _REQUIREMENT.fullmatch(each.upper())}
        return any(word.casefold() in names for word in self._config.only)

    # -- playing

    @pytest.fixture
    def stage(self, request: pytest.FixtureRequest) -> Iterator[Stage]:
        """A fresh stage for one scenario."""
        title = titles_of(request.node).title
        stage = Stage(
            name=title,
            population=Population(seed=f"{self._config.seed} {title}", retailer=self._subject.retailer),
            subject=self._subject,
            server=self._server,
            profile=self._config.profile,
            seed=self._config.seed,
        )
        self._stage = stage
        yield stage
        self._stage = None
        stage.close()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Announce the scenario."""
        if not is_ours(item):
            return (yield)
        titles = titles_of(item)
        self._emit(
            ScenarioStarted(
                scenario=item.name,
                title=titles.title,
                feature=titles.feature,
                title_lv=titles.title_lv,
                feature_lv=titles.feature_lv,
            )
        )
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, None, None]:
        """A failure before the first step is the suite's."""
        if not is_ours(item):
            return (yield)
        try:
            yield
        except Exception as broken:
            self._fail_harness(item, broken, time.monotonic())
            raise
        return None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        """Play the steps, judge the traffic, tell what came of it."""
        if not is_ours(item):
            return (yield)
        began = time.monotonic()
        held_back = self.held_back()
        if held_back is not None:
            self._emit(ScenarioFinished(scenario=item.name, status=Status.NOT_TESTED, reason=held_back))
            pytest.skip(held_back)
        try:
            outcome = yield from self._steps()
            self._judge(item, outcome, began)
        except Exception as broken:
            self._fail_harness(item, broken, began)
            raise
        return None

    def held_back(self) -> str | None:
        """Why nothing more is asked of the retailer; None while there is no reason."""
        if self._breakdowns >= _BREAKDOWNS:
            return f"the driver broke down in {_BREAKDOWNS} scenarios running, so it was not asked again"
        if self._deadline is not None and time.monotonic() > self._deadline:
            return f"the time limit of {self._config.time_limit:g} s was reached"
        return None

    def _steps(self) -> Generator[None, None, _Outcome]:
        try:
            yield
        except (DriverError, DriverNotStarted) as broken:
            self._breakdowns += 1
            return _Outcome(Status.FAILED, str(broken))
        except RetailerRefused as refused:
            self._breakdowns = 0
            return _Outcome(Status.FAILED, str(refused))
        except Unsupported as missing:
            self._breakdowns = 0
            return _Outcome(Status.NOT_TESTED, str(missing))
        self._breakdowns = 0
        return _Outcome(Status.PASSED)

    # -- judging

    def _judge(self, item: pytest.Item, outcome: _Outcome, began: float) -> None:
        stage = self._stage
        if stage is None or stage.simulation is None:
            self._emit(ScenarioFinished(scenario=item.name, status=outcome.status, reason=outcome.reason))
            return
        simulation = stage.simulation
        simulation.settle()
        if self._config.redactor is not None:
            self._config.redactor.learn(simulation.journal, simulation.profile, simulation.world)
        case = Case(simulation.journal, simulation.world, simulation.profile, self._subject.retailer)
        verdicts = judge(case) if outcome.status is not Status.NOT_TESTED else ()
        status, reason = self._weigh(item, stage, outcome, verdicts)
        if status is Status.ERROR:
            self._emit(HarnessFailed(titles_of(item).title, reason or ""))
        self._emit(
            ScenarioFinished(
                scenario=item.name,
                status=status,
                judged=verdicts,
                reason=reason,
                seconds=time.monotonic() - began,
                journal=self._keep(simulation, item),
                timeline=timeline_of(case, cited_by(verdicts)),
                reproducer=feature_of(item, self._config.seed) if status is Status.FAILED else None,
                entries=sum(1 for _ in simulation.journal.entries()),
            )
        )

    def _weigh(
        self, item: pytest.Item, stage: Stage, outcome: _Outcome, verdicts: tuple[Verdict, ...]
    ) -> tuple[Status, str | None]:
        if outcome.status is not Status.PASSED:
            return outcome.status, outcome.reason
        if self._config.policy.failing(verdicts, self._requirements):
            return Status.FAILED, None
        if any(verdict.breaches for verdict in verdicts):
            return Status.WARNED, None
        unmet = _unmet(stage)
        if unmet:
            return Status.NOT_TESTED, unmet
        surprise = _surprise(stage)
        if surprise:
            return Status.ERROR, surprise
        checked = {each.requirement for each in verdicts if each.checked}
        missing = sorted(set(tags_of(item)) & self._judged_here - checked)
        if missing:
            return Status.FAILED, (
                f"the traffic that {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} judged by never came; "
                "see the journal for what the retailer sent instead"
            )
        return Status.PASSED, None

    @property
    def _judged_here(self) -> set[str]:
        """The requirements that what is switched on lets be judged."""
        on = self._config.retailer.switched_on
        return {name for name, each in self._requirements.items() if each.needs is None or each.needs in on}

    def _keep(self, simulation: Simulation, item: pytest.Item) -> Path | None:
        if self._config.report is None:
            return None
        folder = self._config.report / "journal" / _folder_name(item)
        redactor = self._config.redactor
        journal: Journal = simulation.journal
        write_folder(journal if redactor is None else RedactedJournal(journal, redactor), folder)
        return folder

    def _fail_harness(self, item: pytest.Item, broken: Exception, began: float) -> None:
        where = traceback.extract_tb(broken.__traceback__)[-1]
        message = f"{type(broken).__name__}: {broken} ({Path(where.filename).name} line {where.lineno})"
        self._emit(HarnessFailed(titles_of(item).title, message))
        self._emit(
            ScenarioFinished(scenario=item.name, status=Status.ERROR, reason=message, seconds=time.monotonic() - began)
        )


def _folder_name(item: pytest.Item) -> str:
    return re.sub(r"\W+", "_", item.name.removeprefix("test_")).strip("_")


def tags_of(item: pytest.Item) -> tuple[str, ...]:
    """The tags of a scenario and its feature, without the @."""
    scenario = scenario_of(item)
    return tuple(sorted({*scenario.tags, *scenario.feature.tags}))


def _unmet(stage: Stage) -> str | None:
    """A misbehaviour that never struck: the retailer did not make the call that was to go wrong."""
    waiting = stage.simulation.faults.armed() if stage.simulation is not None else ()
    if not waiting:
        return None
    kinds = ", ".join(f"{each.kind} on {each.operation}" for each, _ in waiting)
    return f"the retailer never made the call that was to go wrong ({kinds})"


def _surprise(stage: Stage) -> str | None:
    """A decision that differs from what the scenario expects although the retailer did nothing wrong: our own fault."""
    simulation = stage.simulation
    if simulation is None:
        return None
    decided = [
        each
        for entry in simulation.journal.entries()
        if entry.kind is Kind.AUTHORITY and entry.operation == "determine"
        for each in _decisions(simulation.journal, entry)
    ]
    for name, period, amount in stage.expectations:
        resident = stage.population.person(name)
        granted = sum(
            (money for month, person, money in decided if month == str(period) and resident.has_code(person)),
            Decimal("0.00"),
        )
        if granted != amount:
            return f"ALDIS should have granted {name} {amount} EUR in {period}, but granted {granted} EUR"
    return None


def _decisions(journal: Journal, entry: Entry) -> list[tuple[str, str, Decimal]]:
    return [
        (
            str(entry.details["period"]),
            each["person"],
            Decimal(each["amount_due"]) + sum((Decimal(late["amount"]) for late in each["catch_up"]), Decimal("0.00")),
        )
        for each in decided(journal, entry)
    ]
