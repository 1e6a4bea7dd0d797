"""Delivery of events from the processes that run scenarios to the consumers that report them."""

from __future__ import annotations

import pickle
from collections import defaultdict, deque
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from conformance.report.events import Consumer, Event, HarnessFailed, RunFinished, ScenarioFinished, Status
from conformance.run.configuration import EXPLORATION, SuiteConfig, pack, run_started
from conformance.run.reproducers import scenario_functions
from conformance.scenarios.system import SystemUnderTest

CONFIG_KEY = "aldis_config"
"""Key of a worker's input: the packed configuration of the run."""
_EVENTS_KEY = "aldis_events"  # attribute of a pytest report
_SYSTEM_KEY = "aldis_system"  # key of a worker's output
_COMPLETED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


@dataclass(frozen=True, slots=True)
class SystemInfo:
    """The system under test after a run: its answers to ``hello``, and its driver's error output."""

    name: str | None = None
    version: str | None = None
    can: tuple[str, ...] = ()
    log: str = ""

    @classmethod
    def of(cls, system: SystemUnderTest) -> SystemInfo:
        """Return the present state of a system."""
        return cls(system.name, system.version, tuple(sorted(system.can)), system.log)


class EventCourier:
    """In a worker process: attaches the events of each item to its pytest reports, which pytest-xdist carries."""

    def __init__(self, config: pytest.Config, system: SystemUnderTest) -> None:
        self._config = config
        self._system = system
        self._events: list[Event] = []

    def emit(self, event: Event) -> None:
        """Keep an event for the next report."""
        self._events.append(event)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach the events that were emitted since the last report."""
        report = yield
        if self._events:
            setattr(report, _EVENTS_KEY, pickle.dumps(self._events))
            self._events.clear()
        return report

    def pytest_sessionfinish(self) -> None:
        """Close the driver and hand over the state of the system."""
        self._system.close()
        self._config.workeroutput[_SYSTEM_KEY] = pickle.dumps(SystemInfo.of(self._system))  # type: ignore[attr-defined]


class Reporter:
    """In the main process: passes the events of all processes to the consumers, in the order of the scenarios."""

    def __init__(self, config: SuiteConfig, consumers: Iterable[Consumer]) -> None:
        self._config = config
        self._consumers = tuple(consumers)
        self._is_started = False
        self._systems: list[SystemInfo] = []
        # With several processes: the scenarios that are still to be reported, and the events that came early.
        self._is_collected = False
        self._order: deque[str] = deque()
        self._early: dict[str, list[Event]] = defaultdict(list)
        self._done: set[str] = set()

    def emit(self, event: Event) -> None:
        """Pass an event on, after the run's first if that is still to come."""
        self._start(len(self._order))
        self._pass_on(event)

    def finish(self, exit_status: int, system: SystemInfo | None = None, *, is_stopped: bool = False) -> None:
        """Emit the last event. ``exit_status`` is pytest's; a run that broke off is a failure of the harness.

        ``system`` is the state of the system under test, when the scenarios ran in this process. ``is_stopped`` is
        True when pytest stopped on purpose, as with ``-x``; pytest-xdist then reports an interrupted run.
        """
        for nodeid in self._order:
            for event in self._early.pop(nodeid, ()):
                self.emit(event)
        is_completed = exit_status in _COMPLETED or (is_stopped and exit_status == pytest.ExitCode.INTERRUPTED)
        if not is_completed:
            status = pytest.ExitCode(exit_status)
            self.emit(HarnessFailed("pytest", f"the suite's own pytest run ended with {status!s}"))
        systems = [*self._systems, *([system] if system else [])]
        named = next((system for system in systems if system.name is not None), SystemInfo())
        now = datetime.now(UTC)
        self.emit(
            RunFinished(
                finished_at=now,
                seconds=(now - self._config.started_at).total_seconds(),
                retailer_name=named.name,
                retailer_version=named.version,
                can=named.can,
                driver_log="".join(system.log for system in systems),
            )
        )

    def _start(self, scenarios: int) -> None:
        if not self._is_started:
            self._is_started = True
            self._pass_on(run_started(self._config, scenarios))

    def _scenarios(self, nodeids: Iterable[str]) -> list[str]:
        """Return the ids of the run's scenarios and random histories, without those of a user's own tests.

        They are recognised by the names of their functions. The path in an id does not tell: what it is relative to
        depends on the command line, so a user's own test_scenarios.py can have the path of the suite's.
        """
        functions = scenario_functions(self._config.scenarios)
        return [
            nodeid
            for nodeid in nodeids
            if nodeid == EXPLORATION or nodeid.partition("::")[2].partition("[")[0] in functions
        ]

    def _pass_on(self, event: Event) -> None:
        redactor = self._config.redactor
        for consumer in self._consumers:
            consumer(event if redactor is None else redactor.event(event))

    # -- hooks of a run in this process

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Begin the run, now that it is known how many scenarios it has."""
        self._start(len(self._scenarios(item.nodeid for item in session.items)))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Report a scenario that cannot be read as a failure of the harness."""
        if report.failed:
            self.emit(HarnessFailed("collection", str(report.longrepr)))

    # -- hooks of a run in several processes (pytest-xdist)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give a worker the configuration of the run."""
        node.workerinput[CONFIG_KEY] = pack(self._config)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Begin the run: a worker has collected the scenarios, in their order."""
        if not self._is_collected:  # the run may have started: with a module that cannot be collected
            self._is_collected = True
            self._order.extend(self._scenarios(ids))
            self._start(len(self._order))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the events that came with a report from a worker, and pass on those whose turn it is."""
        if report.nodeid not in self._order:
            return
        self._early[report.nodeid] += pickle.loads(getattr(report, _EVENTS_KEY, pickle.dumps([])))  # noqa: S301
        if report.when not in ("setup", "call", "teardown"):
            self._early[report.nodeid] += _crashed(report)
        if report.when not in ("setup", "call"):
            self._done.add(report.nodeid)
        while self._order and self._order[0] in self._done:
            for event in self._early.pop(self._order.popleft(), ()):
                self._pass_on(event)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take the state of a worker's system under test."""
        packed = getattr(node, "workeroutput", {}).get(_SYSTEM_KEY)
        if packed is not None:
            self._systems.append(pickle.loads(packed))  # noqa: S301 - from a process of this run


def _crashed(report: pytest.TestReport) -> list[Event]:
    """Return the events for a scenario in which a worker process ended."""
    name = report.nodeid.rpartition("::")[2]
    message = f"the process that ran it ended: {report.longrepr}"
    return [HarnessFailed(name, message), ScenarioFinished(scenario=name, status=Status.ERROR, reason=message)]
