"""The suite in a pytest run: a user's own (``pytest --aldis-retailer FILE``), or a worker process of any run."""

from __future__ import annotations

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
from conformance.run.configuration import SCENARIOS, SuiteConfig, unpack
from conformance.run.reporter import CONFIG_KEY, EventCourier, Reporter, SystemInfo
from conformance.run.reproducers import ReproducerReport
from conformance.run.suite import plugins_of
from conformance.run.testbed import Testbed
from conformance.run.waivers import load_waivers
from simulator.documents.profile import load_profile
from simulator.settings import SettingsError

_EXIT_CODES = {
    Outcome.FAILED: pytest.ExitCode.TESTS_FAILED,
    Outcome.HARNESS_FAILED: pytest.ExitCode.INTERNAL_ERROR,
    Outcome.NOTHING_TESTED: pytest.ExitCode.NO_TESTS_COLLECTED,
}


def set_up_worker(config: pytest.Config) -> None:
    """Register the plugins of a worker process, which runs scenarios and sends their events to the main process."""
    suite = unpack(config.workerinput[CONFIG_KEY])  # type: ignore[attr-defined]
    if config.getoption("aldis_retailer") is not None:
        _select_scenarios(config)
    testbed = Testbed(suite)
    config.add_cleanup(testbed.close)
    courier = EventCourier(config, testbed.system)
    _register(config, [*plugins_of(suite, testbed, courier.emit), courier])


def set_up(config: pytest.Config) -> None:
    """Register the plugins of a user's own run; raises UsageError when an option cannot be used."""
    try:
        suite = _configuration(config)
        consumers = _consumers(suite, config.getoption("aldis_lang"))
    except (SettingsError, ReportError) as reason:
        raise pytest.UsageError(str(reason)) from reason
    _select_scenarios(config)
    testbed = Testbed(suite)
    config.add_cleanup(testbed.close)
    summary = RunSummary()
    reporter = Reporter(suite, [summary, *consumers])
    report = _TerminalReport(config, suite, testbed, reporter, summary)
    _register(config, [*plugins_of(suite, testbed, reporter.emit), reporter, report])


def _register(config: pytest.Config, plugins: list[object]) -> None:
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


def _consumers(suite: SuiteConfig, lang: str) -> list[Consumer]:
    if suite.report is None:
        return []
    return [
        JsonReport(suite.report),
        JUnitReport(suite.report),
        HtmlReport(suite.report, lang=lang),
        ReproducerReport(suite.report),
    ]


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
        self._reporter.finish(exitstatus, SystemInfo.of(self._testbed.system))
        if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = _EXIT_CODES.get(self._summary.outcome, session.exitstatus)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the report."""
        terminalreporter.section("aldis")
        console = Console(width=terminalreporter._tw.fullwidth, highlight=False, emoji=False, markup=False)  # noqa: SLF001
        with console.capture() as capture:
            console.print(render(self._summary, self._config.getoption("aldis_lang"), self._suite.report))
        terminalreporter.write(capture.get())
