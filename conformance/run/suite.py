"""Runs of the suite: as one call, as part of a user's own pytest run, and in a worker process of either."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from conformance.report.console import render
from conformance.report.events import Consumer
from conformance.report.html_report import HtmlReport
from conformance.report.json_report import JsonReport, ReportError
from conformance.report.junit import JUnitReport
from conformance.report.summary import Outcome, RunSummary
from conformance.requirements.catalogue import load as load_requirements
from conformance.retailers.config import load_retailer
from conformance.run.configuration import SCENARIOS, SuiteConfig, unpack, worker_count
from conformance.run.reporter import CONFIG_KEY, EventCourier, Reporter, SystemInfo
from conformance.run.reproducers import ReproducerReport, count_selected
from conformance.run.runner import ScenarioRunner, ScenarioSelector
from conformance.run.testbed import Testbed
from conformance.run.waivers import load_waivers
from conformance.scenarios.steps import STEPS
from simulator.documents.profile import load_profile
from simulator.settings import SettingsError

_EXIT_CODES = {
    Outcome.FAILED: pytest.ExitCode.TESTS_FAILED,
    Outcome.HARNESS_FAILED: pytest.ExitCode.INTERNAL_ERROR,
    Outcome.NOTHING_TESTED: pytest.ExitCode.NO_TESTS_COLLECTED,
}


def file_reports(folder: Path, lang: str) -> list[Consumer]:
    """Return the consumers that write a report's files into a folder, all but report.json. Raises ReportError."""
    return [JUnitReport(folder), HtmlReport(folder, lang=lang), ReproducerReport(folder)]


# -- a run as one call


def run_suite(config: SuiteConfig, consumers: Iterable[Consumer]) -> None:
    """Run the selected scenarios in pytest and emit every event to every consumer.

    Raises DriverNotStarted when the retailer's driver cannot be started at all, ServerError when no port is free,
    WorkersError when the run cannot have the number of processes that is asked for. Later failures are events.
    """
    workers = worker_count(config, count_selected(config))
    with Testbed(config) as testbed:
        testbed.open()
        if workers > 1:
            # That server and driver start is all there is to see; each worker starts its own, with the same keys.
            testbed.system.close()
            config = replace(config, retailer=replace(config.retailer, keys=testbed.keys))
        reporter = Reporter(config, consumers)
        with _own_settings():
            plugins = [*_plugins(config, testbed, reporter.emit), reporter]
            status = pytest.main(_arguments(config, workers), plugins=plugins)
        testbed.system.close()
        reporter.finish(status, SystemInfo.of(testbed.system) if workers == 1 else None)


def _plugins(config: SuiteConfig, testbed: Testbed, emit: Consumer) -> list[object]:
    """Return the pytest plugins that choose and run scenarios; their events go to ``emit``."""
    return [ScenarioSelector(config, testbed), ScenarioRunner(config, testbed, emit), *STEPS]


def _arguments(config: SuiteConfig, workers: int) -> list[str]:
    arguments = [
        str(config.scenarios),
        f"--config-file={SCENARIOS / 'pytest.ini'}",
        f"--rootdir={config.scenarios.parent}",  # so that a module of scenarios is named after its folder
        *("-p", "conformance.plugin"),
        *("-p", "pytest_bdd.plugin"),
        *("-p", "no:terminal"),
        *("-p", "no:cacheprovider"),
        *("-p", "no:logging"),
        *("-p", "no:faulthandler"),
        *("-p", "no:unraisableexception"),  # it collects garbage ten times at the end
        "--capture=no",  # reports print while scenarios run
        "--import-mode=importlib",
    ]
    if workers > 1:
        # One scenario at a time, so that they end nearly in the order in which they are reported.
        arguments += ["-p", "xdist.plugin", f"--numprocesses={workers}", "--maxschedchunk=1"]
    return arguments


@contextmanager
def _own_settings() -> Iterator[None]:
    """Keep a user's own pytest settings and plugins out of the suite."""
    names = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    saved = {name: os.environ.pop(name) for name in names if name in os.environ}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        os.environ.update(saved)


# -- a run in somebody else's pytest


def set_up_worker(config: pytest.Config) -> None:
    """Register the plugins of a worker process, which runs scenarios and sends their events to the main process."""
    suite = unpack(config.workerinput[CONFIG_KEY])  # type: ignore[attr-defined]
    if config.getoption("aldis_retailer") is not None:
        _select_scenarios(config)
    testbed = Testbed(suite)
    courier = EventCourier(config, testbed.system)
    _register(config, testbed, [*_plugins(suite, testbed, courier.emit), courier])


def set_up(config: pytest.Config) -> None:
    """Register the plugins of a user's own run; raises UsageError when an option cannot be used."""
    try:
        suite = _configuration(config)
        consumers: list[Consumer] = []
        if suite.report is not None:
            consumers = [JsonReport(suite.report), *file_reports(suite.report, config.getoption("aldis_lang"))]
    except (SettingsError, ReportError) as reason:
        raise pytest.UsageError(str(reason)) from reason
    _select_scenarios(config)
    testbed = Testbed(suite)
    summary = RunSummary()
    reporter = Reporter(suite, [summary, *consumers])
    report = _TerminalReport(config, suite, testbed, reporter, summary)
    _register(config, testbed, [*_plugins(suite, testbed, reporter.emit), reporter, report])


def _register(config: pytest.Config, testbed: Testbed, plugins: list[object]) -> None:
    config.add_cleanup(testbed.close)
    for plugin in plugins:
        config.pluginmanager.register(plugin)


def _configuration(config: pytest.Config) -> SuiteConfig:
    retailer = load_retailer(config.getoption("aldis_retailer"))
    waivers = config.getoption("aldis_waivers")
    known = (requirement.id for requirement in load_requirements())
    return SuiteConfig(
        retailer=retailer,
        profile=load_profile(config.getoption("aldis_profile") or retailer.profile),
        only=tuple(config.getoption("aldis_only") or ()),
        seed=config.getoption("aldis_seed"),
        report=config.getoption("aldis_report"),
        waivers=() if waivers is None else load_waivers(waivers, known),
        cases=config.getoption("aldis_cases"),
        months=config.getoption("aldis_months"),
    )


def _select_scenarios(config: pytest.Config) -> None:
    """Add the suite's scenarios to what the user named on the command line."""
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = []
    paths = (Path(argument.partition("::")[0]).absolute() for argument in config.args)
    if not any(path.is_relative_to(SCENARIOS) for path in paths):
        config.args.append(str(SCENARIOS))


class _TerminalReport:
    """Ends the reports with the session, and prints the suite's own report after pytest's."""

    def __init__(
        self, config: pytest.Config, suite: SuiteConfig, testbed: Testbed, reporter: Reporter, summary: RunSummary
    ) -> None:
        self._config = config
        self._suite = suite
        self._testbed = testbed
        self._reporter = reporter
        self._summary = summary

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Emit the last event; a run in which nothing was tested, or a waiver has expired, is not green."""
        self._testbed.system.close()
        is_stopped = bool(session.shouldfail or session.shouldstop)  # by -x or --maxfail, say
        self._reporter.finish(exitstatus, SystemInfo.of(self._testbed.system), is_stopped=is_stopped)
        if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = _EXIT_CODES.get(self._summary.outcome, session.exitstatus)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the report."""
        terminalreporter.section("aldis")
        console = Console(width=terminalreporter._tw.fullwidth, highlight=False, emoji=False, markup=False)  # noqa: SLF001
        with console.capture() as capture:
            console.print(render(self._summary, self._config.getoption("aldis_lang"), self._suite.report))
        terminalreporter.write(capture.get())
