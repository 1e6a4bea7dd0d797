"""The suite inside somebody's own pytest run, on one process or on many (pytest-xdist).

Each process that plays scenarios has its own simulator and driver. Events travel with pytest's reports to the process
that reports, and only there the reports are made: the same consumers as everywhere.
"""

from __future__ import annotations

import base64
import pickle
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from conformance.playing import SuitePlugin
from conformance.report.console import render
from conformance.report.events import Consumer, Event, RunFinished, RunStarted, ScenarioFinished, Status
from conformance.report.html_report import HtmlReport
from conformance.report.json_report import JsonReport
from conformance.report.junit import JUnitReport
from conformance.report.summary import Outcome, RunSummary
from conformance.report.writing import ReportError
from conformance.requirements.catalogue import load as load_requirements
from conformance.retailers.config import ConfigError, load_retailer
from conformance.scenarios.steps import STEPS
from conformance.scenarios.subject import Subject
from conformance.scenarios.titles import is_ours
from conformance.suite import SCENARIOS, SuiteConfig, folders_of, ftps_of, security_of, started
from conformance.waivers import WaiverError, load_waivers
from simulator.documents.profile import ProfileError, load_profile
from simulator.file_server import Ftps
from simulator.security.secured import Security
from simulator.server import Server

_EVENTS = "aldis_events"  # attribute of a report, and key of a worker's output
_EXIT = {
    Outcome.FAILED: pytest.ExitCode.TESTS_FAILED,
    Outcome.HARNESS_FAILED: pytest.ExitCode.INTERNAL_ERROR,
    Outcome.NOTHING_TESTED: pytest.ExitCode.NO_TESTS_COLLECTED,
}


def set_up(config: pytest.Config) -> None:
    """Register the suite's plugins; raises UsageError when an option cannot be used."""
    try:
        suite = _suite(config)
    except (ConfigError, ProfileError, WaiverError) as reason:
        raise pytest.UsageError(str(reason)) from reason
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = []
    if not any(Path(each.partition("::")[0]).absolute().is_relative_to(SCENARIOS) for each in config.args):
        config.args.append(str(SCENARIOS))
    player = _Player(config, suite)
    config.add_cleanup(player.close)
    for each in (player, player.plugin, *STEPS):
        config.pluginmanager.register(each)
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Reporter(config, suite))


def _suite(config: pytest.Config) -> SuiteConfig:
    retailer = load_retailer(config.getoption("aldis_retailer"))
    waivers = config.getoption("aldis_waivers")
    return SuiteConfig(
        retailer=retailer,
        profile=load_profile(config.getoption("aldis_profile") or retailer.profile),
        only=tuple(config.getoption("aldis_only") or ()),
        seed=config.getoption("aldis_seed"),
        report=config.getoption("aldis_report"),
        waivers=() if waivers is None else load_waivers(waivers, (each.id for each in load_requirements())),
    )


class _LateServer:
    """A server that starts with the first call: the process that only reports needs none."""

    def __init__(self, stack: ExitStack, security: Security | None, ftps: Ftps | None) -> None:
        self._stack = stack
        self._security = security
        self._ftps = ftps
        self._server: Server | None = None

    def __getattr__(self, name: str) -> Any:
        if self._server is None:
            self._server = Server(security=self._security, ftps=self._ftps)
            self._server.start()
            self._stack.callback(self._server.stop)
        return getattr(self._server, name)


class _Player:
    """Lets the scenarios be played, and ties what they emit to pytest's reports."""

    def __init__(self, config: pytest.Config, suite: SuiteConfig) -> None:
        self._config = config
        self._stack = ExitStack()
        work = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="aldis-")))
        security = security_of(suite.retailer, work)
        ftps = ftps_of(suite.retailer, work, security)
        server: Any = _LateServer(self._stack, security, ftps)
        self._subject = Subject(
            suite.retailer,
            suite.profile,
            lambda: server.base_url,
            work,
            security=security,
            folders=folders_of(ftps, lambda: server.ftps_address),
        )
        self._stack.callback(self._subject.close)
        self._waiting: list[Event] = []
        self.plugin = SuitePlugin(
            suite, self._subject, server, self._waiting.append, lambda scenarios: started(suite, scenarios)
        )

    def close(self) -> None:
        """End the driver and the server."""
        self._stack.close()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        """A scenario that came out badly is a failed test, one that could not be tested a skipped one."""
        if not is_ours(item):
            return (yield)
        yield
        for each in self._waiting:
            if isinstance(each, ScenarioFinished):
                _show(each)
        return None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Send the events along."""
        report = yield
        if is_ours(item) and (call.when == "call" or report.failed) and self._waiting:
            setattr(report, _EVENTS, _packed([*self._waiting, self._told()]))
            self._waiting.clear()
        return report

    def pytest_sessionfinish(self) -> None:
        """What was said outside of any scenario, and the driver's error output."""
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            self._subject.close()
            output[_EVENTS] = _packed([*self._waiting, self._told()])

    def _told(self) -> RunFinished:
        """What is known of the retailer's system so far."""
        subject = self._subject
        return RunFinished(
            finished_at=datetime.now(UTC),
            seconds=0.0,
            retailer_name=subject.name,
            retailer_version=subject.version,
            can=tuple(sorted(subject.can)),
            driver_log=subject.log,
        )


def _show(finished: ScenarioFinished) -> None:
    if finished.status is Status.NOT_TESTED:
        pytest.skip(finished.reason or "not tested")
    if finished.status is Status.FAILED:
        lines = [
            f"{judged.requirement}: {breach.en}\n    expected: {breach.expected}"
            for judged in finished.judged
            for breach in judged.breaches
        ]
        pytest.fail("\n".join([*([finished.reason] if finished.reason else []), *lines]), pytrace=False)
    if finished.status is Status.ERROR:
        pytest.fail(f"the harness failed, not the retailer: {finished.reason}", pytrace=False)


class _Reporter:
    """Gathers the events of all processes and makes the reports, once."""

    def __init__(self, config: pytest.Config, suite: SuiteConfig) -> None:
        self._config = config
        self._suite = suite
        self._summary = RunSummary()
        self._consumers: list[Consumer] = [self._summary]
        self._began = time.monotonic()
        self._scenarios = 0
        self._last: RunFinished | None = None
        if suite.report is not None:
            try:
                self._consumers += [
                    JsonReport(suite.report),
                    JUnitReport(suite.report),
                    HtmlReport(suite.report, lang=config.getoption("aldis_lang")),
                ]
            except ReportError as reason:
                raise pytest.UsageError(str(reason)) from reason

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """How many scenarios there are."""
        self._scenarios = sum(map(is_ours, session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """The same, as a worker counts them."""
        self._scenarios = len(ids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the events that came with a report."""
        self._take(getattr(report, _EVENTS, None))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:  # noqa: ARG002 - pytest-xdist calls by name
        """Take what a worker said last."""
        self._take(getattr(node, "workeroutput", {}).get(_EVENTS))

    def _take(self, packed: str | None) -> None:
        for event in _unpacked(packed):
            if isinstance(event, RunFinished):
                self._last = event
            elif not isinstance(event, RunStarted):  # each process begins; the run does once
                self._emit(event)

    def _emit(self, event: Event) -> None:
        if self._summary.started is None:
            first = started(self._suite, self._scenarios)
            for consumer in self._consumers:
                consumer(first)
        for consumer in self._consumers:
            consumer(event)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """End the reports; nothing tested, a waiver that does not count and the like are not green."""
        last = self._last
        self._emit(
            RunFinished(
                finished_at=datetime.now(UTC),
                seconds=time.monotonic() - self._began,
                retailer_name=last.retailer_name if last else None,
                retailer_version=last.retailer_version if last else None,
                can=last.can if last else (),
                driver_log=last.driver_log if last else "",
            )
        )
        if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = _EXIT.get(self._summary.outcome, session.exitstatus)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the report behind pytest's own."""
        terminalreporter.section("aldis")
        console = Console(width=terminalreporter._tw.fullwidth, highlight=False, emoji=False, markup=False)  # noqa: SLF001
        with console.capture() as written:
            console.print(render(self._summary, self._config.getoption("aldis_lang"), self._suite.report))
        terminalreporter.write(written.get())


def _packed(events: list[Event]) -> str:
    return base64.b64encode(pickle.dumps(events)).decode("ascii")


def _unpacked(packed: str | None) -> list[Event]:
    # From our own processes only: pytest-xdist carries what its workers said.
    return [] if packed is None else pickle.loads(base64.b64decode(packed))  # noqa: S301
