"""``aldis check``: the suite against a retailer, or the rules over what a simulator has recorded."""

from __future__ import annotations

import sys
from pathlib import Path

import rich_click as click

from conformance.commands.failing import HARNESS_FAILED, RETAILER_FAILED, fail
from conformance.recorded import RecordedError, judge_recorded
from conformance.redaction import Redactor
from conformance.report.console import ConsoleReport
from conformance.report.dossier.dossier import DossierReport
from conformance.report.dossier.manifest import DossierError, load_key
from conformance.report.events import Consumer
from conformance.report.html_report import HtmlReport
from conformance.report.json_report import JsonReport
from conformance.report.junit import JUnitReport
from conformance.report.summary import RunSummary
from conformance.report.writing import ReportError
from conformance.reproducers import ReproducerReport
from conformance.requirements.catalogue import load as load_requirements
from conformance.retailers.config import ConfigError, DriverKind, RetailerConfig, load_retailer, reference_config
from conformance.retailers.protocol import DriverNotStarted
from conformance.selection import SelectionError, check_selection
from conformance.suite import SCENARIOS, SuiteConfig, run_suite
from conformance.versions import versions
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
    "--cases",
    default=10,
    show_default=True,
    type=click.IntRange(min=0),
    help="How many random lives are played besides the scenarios (with --only: when it names exploration).",
)
@click.option(
    "--months", default=3, show_default=True, type=click.IntRange(min=1, max=24), help="How long a random life lasts."
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
@click.option("--redact", is_flag=True, help="Replace personal codes, names and addresses in all that is reported.")
@click.option(
    "--gate",
    type=click.Choice(["signoff"]),
    help="Ask for more than a pass: security on, every must tested. Writes dossier.zip into --report.",
)
@click.option(
    "--key",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Your private key (PEM), which signs the dossier of --gate signoff.",
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
    cases: int,
    months: int,
    time_limit: float | None,
    waivers: Path | None,
    report: Path | None,
    redact: bool,
    gate: str | None,
    key: Path | None,
    lang: str,
    recorded: Path | None,
    as_json: bool,
) -> None:
    """Run the conformance suite against a retailer's system."""
    if gate is not None and (report is None or key is None):
        fail("--gate signoff writes and signs a dossier: give --report DIR and --key FILE")
    if retailer is None and recorded is None and Path("retailer.toml").exists():
        click.echo(f"aldis: {_NOT_YOURS[lang]}", err=True)
    try:
        config = load_retailer(retailer) if retailer is not None else reference_config()
        summary = RunSummary()
        json_report = JsonReport(report)
        consumers: list[Consumer] = [summary, json_report]
        if not as_json:
            quiet = config.driver.kind is DriverKind.MANUAL and recorded is None  # a person is asked there
            consumers.append(ConsoleReport(lang=lang, report=report, progress=not quiet))
        if report is not None:
            consumers += [JUnitReport(report), HtmlReport(report, lang=lang), ReproducerReport(report)]
        chosen = load_profile(profile or config.profile)
        check_selection(only, SCENARIOS, config.switched_on)
        redactor = Redactor() if redact else None
        dossier = None
        if report is not None and key is not None and gate is not None:
            dossier = DossierReport(report, load_key(key), versions(chosen))
            consumers.append(dossier)
        if recorded is not None:
            _judge_recorded(recorded, config if retailer is not None else None, consumers, redactor)
        else:
            suite = SuiteConfig(
                retailer=config,
                profile=chosen,
                only=only,
                seed=seed,
                time_limit=time_limit,
                report=report,
                waivers=load_waivers(waivers, (each.id for each in load_requirements())) if waivers else (),
                lang=lang,
                redactor=redactor,
                cases=cases,
                months=months,
            )
            _run(suite, consumers)
        if as_json:
            click.echo(json_report.text())
    except (ConfigError, DossierError, ProfileError, SelectionError, WaiverError, DriverNotStarted) as reason:
        fail(str(reason))
    except ReportError as reason:
        fail(str(reason), HARNESS_FAILED)
    obstacles = dossier.obstacles if dossier is not None else ()
    for obstacle in obstacles:
        click.echo(f"aldis: {_NO_SIGNOFF[lang]}: {obstacle.in_language(lang)}", err=True)
    sys.exit(summary.exit_code or (RETAILER_FAILED if obstacles else 0))


_NOT_YOURS = {
    "lv": "tiek pārbaudīts līdzi dotais paraugtirgotājs; savai sistēmai: --retailer retailer.toml",
    "en": "this tests the bundled reference retailer; for your own system: --retailer retailer.toml",
}
_NO_SIGNOFF = {"lv": "atzinumu par gatavību nevar dot", "en": "no sign-off"}


def _run(suite: SuiteConfig, consumers: list[Consumer]) -> None:
    try:
        run_suite(suite, consumers)
    except ServerError as reason:
        fail(str(reason), HARNESS_FAILED)


def _judge_recorded(
    directory: Path, retailer: RetailerConfig | None, consumers: list[Consumer], redactor: Redactor | None
) -> None:
    try:
        judge_recorded(directory, retailer.authority if retailer else None, consumers, redactor)
    except RecordedError as reason:
        fail(str(reason))
