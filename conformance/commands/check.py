"""``aldis check``: runs the suite against a retailer, or the rules over what a simulator has recorded."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click
from click.core import ParameterSource

from conformance.commands import options
from conformance.commands.group import HARNESS_FAILED, RETAILER_FAILED, fail
from conformance.retailers.config import DriverKind, load_retailer, reference_config
from simulator.domain.language import _

if TYPE_CHECKING:
    from conformance.report.dossier import DossierReport
    from conformance.report.events import Consumer
    from conformance.report.json_report import JsonReport
    from conformance.report.summary import RunSummary
    from simulator.documents.profile import Profile

_OF_A_LIVE_RUN = {
    "seed": "--seed",
    "cases": "--cases",
    "months": "--months",
    "time_limit": "--time-limit",
    "workers": "-n",
}
"""Options that a run over recorded traffic refuses: it makes no traffic."""


@click.command("check")
@options.retailer("retailer.toml of the system under test. Default: the bundled reference retailer.")
@click.option(
    "--only",
    multiple=True,
    metavar="ID-OR-TAG",
    help="Only scenarios of this requirement, chapter, tag, feature or title. Repeatable.",
)
@click.option("--profile", default=None, help="Profile, instead of the one in retailer.toml.")
@options.seed("Same seed, same people and numbers.")
@click.option(
    "--cases",
    default=10,
    show_default=True,
    type=click.IntRange(min=0),
    help="Number of random histories besides the scenarios (with --only: when it names exploration).",
)
@click.option(
    "--months", default=3, show_default=True, type=click.IntRange(min=1, max=24), help="Length of a random history."
)
@click.option(
    "-n",
    "workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Number of processes. Default: 1, or several in a long run if the retailer's system can be started several "
    "times ([driver] parallel = true in retailer.toml).",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="S",
    help="Begin no further scenario after S seconds.",
)
@click.option(
    "--waivers",
    type=options.FILE,
    help="Requirements that may be broken for a while: TOML with requirement, reason, until.",
)
@options.report("Folder for report.html, report.json, junit.xml and journal/.")
@click.option("--redact", is_flag=True, help="Replace personal codes, names and addresses in all that is reported.")
@click.option(
    "--gate",
    type=click.Choice(["signoff"]),
    help="Ask for more than a pass: security on, every must tested. Writes dossier.zip into --report.",
)
@options.key("Your private key (PEM), which signs the dossier of --gate signoff.")
@options.language("Language of the report.")
@click.option(
    "--recorded",
    type=options.FOLDER,
    help="Judge what a served simulator has recorded in this data folder. Here --only takes requirements and chapters.",
)
@options.as_json("Print report.json instead of the report for people.")
@click.pass_context
def command(
    context: click.Context,
    retailer: Path | None,
    only: tuple[str, ...],
    profile: str | None,
    seed: int,
    cases: int,
    months: int,
    workers: int | None,
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
    if recorded is not None:
        _refuse_options_of_a_live_run(context)
    elif retailer is None and Path("retailer.toml").exists():
        hint = _("this tests the bundled reference retailer; for your own system: --retailer retailer.toml")
        click.echo(f"aldis: {hint.in_language(lang)}", err=True)
    config = load_retailer(retailer) if retailer is not None else reference_config()
    from conformance.requirements.catalogue import NEEDS
    from conformance.requirements.catalogue import load as load_requirements
    from conformance.run.waivers import load_waivers
    from simulator.documents.profile import load_profile

    chosen_profile = load_profile(profile or config.profile)
    requirements = (requirement.id for requirement in load_requirements())
    chosen_waivers = () if waivers is None else load_waivers(waivers, requirements)
    from conformance.run.configuration import SCENARIOS, SuiteConfig
    from conformance.run.redaction import Redactor
    from conformance.run.reproducers import check_selection
    from conformance.run.suite import run_suite
    from simulator.http.server import ServerError

    check_selection(only, SCENARIOS, config.switched_on if recorded is None else NEEDS)
    redactor = Redactor() if redact else None
    is_asking_a_person = config.driver.kind is DriverKind.MANUAL and recorded is None
    reports = _Reports.prepare(report, lang, as_json=as_json, progress=not is_asking_a_person)
    if report is not None and key is not None and gate is not None:
        reports.add_dossier(report, key, chosen_profile)
    if recorded is not None:
        from conformance.run.recorded import judge_recorded

        judge_recorded(
            recorded,
            config.authority if retailer is not None else None,
            reports.consumers,
            redactor,
            profile=chosen_profile if profile is not None else None,
            waivers=chosen_waivers,
            only=only,
        )
    else:
        suite = SuiteConfig(
            retailer=config,
            profile=chosen_profile,
            only=only,
            seed=seed,
            time_limit=time_limit,
            report=report,
            waivers=chosen_waivers,
            lang=lang,
            redactor=redactor,
            cases=cases,
            months=months,
            workers=workers,
        )
        try:
            run_suite(suite, reports.consumers)
        except ServerError as reason:
            fail(str(reason), HARNESS_FAILED)
    if as_json:
        click.echo(reports.json.text())
    sys.exit(reports.exit_code(lang))


def _refuse_options_of_a_live_run(context: click.Context) -> None:
    for name, option in _OF_A_LIVE_RUN.items():
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            fail(f"{option} does not apply to --recorded, which judges traffic that is there already; leave it out")


@dataclass(slots=True)
class _Reports:
    """The consumers of a run's events: reports for people and programs, and the summary that gives the exit code."""

    summary: RunSummary
    json: JsonReport
    consumers: list[Consumer]
    dossier: DossierReport | None = None

    @classmethod
    def prepare(cls, folder: Path | None, lang: str, *, as_json: bool, progress: bool) -> _Reports:
        """Prepare the reports in ``folder``, if there is one, and the one on the console unless it is for JSON."""
        from conformance.report.console import ConsoleReport
        from conformance.report.json_report import JsonReport
        from conformance.report.summary import RunSummary

        summary, json_report = RunSummary(), JsonReport(folder)
        consumers: list[Consumer] = [summary, json_report]
        if not as_json:
            consumers.append(ConsoleReport(lang=lang, report=folder, progress=progress))
        if folder is not None:
            from conformance.run.suite import file_reports

            consumers += file_reports(folder, lang)
        return cls(summary, json_report, consumers)

    def add_dossier(self, folder: Path, key: Path, profile: Profile) -> None:
        """Add the dossier of --gate signoff. Raises DossierError when the key cannot be used."""
        from conformance.report.dossier import DossierReport, load_key
        from conformance.versions import versions

        self.dossier = DossierReport(folder, load_key(key), versions(profile))
        self.consumers.append(self.dossier)

    def exit_code(self, lang: str) -> int:
        """Print what stands in the way of a sign-off, and return the exit code."""
        obstacles = self.dossier.obstacles if self.dossier is not None else ()
        for obstacle in obstacles:
            sentence = _("no sign-off: {obstacle}", obstacle=obstacle)
            click.echo(f"aldis: {sentence.in_language(lang)}", err=True)
        return self.summary.exit_code or (RETAILER_FAILED if obstacles else 0)
