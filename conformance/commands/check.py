"""``aldis check``: the suite against a retailer, or the rules over what a simulator has recorded."""

from __future__ import annotations

import sys
from pathlib import Path

import rich_click as click

from conformance.commands.failing import HARNESS_FAILED, fail
from conformance.recorded import RecordedError, judge_recorded
from conformance.report.console import ConsoleReport
from conformance.report.events import Consumer
from conformance.report.html_report import HtmlReport
from conformance.report.json_report import JsonReport
from conformance.report.junit import JUnitReport
from conformance.report.summary import RunSummary
from conformance.report.writing import ReportError
from conformance.requirements.catalogue import load as load_requirements
from conformance.retailers.config import ConfigError, RetailerConfig, load_retailer, reference_config
from conformance.retailers.protocol import DriverNotStarted
from conformance.suite import SuiteConfig, run_suite
from conformance.waivers import WaiverError, load_waivers
from simulator.documents.profile import ProfileError, load_profile
from simulator.server import ServerError


@click.command("check")
@click.option(
    "--retailer",
    type=click.Path(path_type=Path),
    help="retailer.toml of the system under test. Default: the bundled reference retailer.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="ID-OR-TAG",
    help="Only scenarios of this requirement, chapter, tag, feature or title. Repeatable.",
)
@click.option("--profile", default=None, help="Profile, instead of the one in retailer.toml.")
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(min=0), help="Same seed, same people and numbers."
)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="S",
    help="Begin no further scenario after S seconds.",
)
@click.option(
    "--waivers",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Requirements that may be broken for a while: TOML with requirement, reason, until.",
)
@click.option(
    "--report",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for report.html, report.json, junit.xml and journal/.",
)
@click.option(
    "--lang", type=click.Choice(["lv", "en"]), default="en", show_default=True, help="Language of the report."
)
@click.option(
    "--recorded",
    type=click.Path(file_okay=False, path_type=Path),
    help="Judge what a served simulator has recorded in this data folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Print report.json instead of the report for people.")
def command(
    retailer: Path | None,
    only: tuple[str, ...],
    profile: str | None,
    seed: int,
    time_limit: float | None,
    waivers: Path | None,
    report: Path | None,
    lang: str,
    recorded: Path | None,
    as_json: bool,
) -> None:
    """Run the conformance suite against a retailer's system."""
    try:
        config = load_retailer(retailer) if retailer is not None else reference_config()
        summary = RunSummary()
        json_report = JsonReport(report)
        consumers: list[Consumer] = [summary, json_report]
        if not as_json:
            consumers.append(ConsoleReport(lang=lang, report=report))
        if report is not None:
            consumers.append(JUnitReport(report))
            consumers.append(HtmlReport(report, lang=lang))
        if recorded is not None:
            _judge_recorded(recorded, config if retailer is not None else None, consumers)
        else:
            suite = SuiteConfig(
                retailer=config,
                profile=load_profile(profile or config.profile),
                only=only,
                seed=seed,
                time_limit=time_limit,
                report=report,
                waivers=load_waivers(waivers, (each.id for each in load_requirements())) if waivers else (),
            )
            _run(suite, consumers)
        if as_json:
            click.echo(json_report.text())
    except (ConfigError, ProfileError, WaiverError, DriverNotStarted) as reason:
        fail(str(reason))
    except ReportError as reason:
        fail(str(reason), HARNESS_FAILED)
    sys.exit(summary.exit_code)


def _run(suite: SuiteConfig, consumers: list[Consumer]) -> None:
    try:
        run_suite(suite, consumers)
    except ServerError as reason:
        fail(str(reason), HARNESS_FAILED)


def _judge_recorded(directory: Path, retailer: RetailerConfig | None, consumers: list[Consumer]) -> None:
    try:
        judge_recorded(directory, retailer.authority if retailer else None, consumers)
    except RecordedError as reason:
        fail(str(reason))
