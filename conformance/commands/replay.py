"""``aldis replay``: does one failed case again."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import rich_click as click

from conformance.commands.failing import HARNESS_FAILED, fail
from conformance.report.console import ConsoleReport
from conformance.report.events import Consumer
from conformance.report.html_report import HtmlReport
from conformance.report.json_report import JsonReport
from conformance.report.summary import RunSummary
from conformance.report.writing import ReportError
from conformance.reproducers import Reproducer, ReproducerError, read_reproducers
from conformance.retailers.config import ConfigError, RetailerConfig, load_retailer, reference_config
from conformance.retailers.protocol import DriverNotStarted
from conformance.suite import SCENARIOS, SuiteConfig, run_suite
from simulator.documents.profile import ProfileError, load_profile
from simulator.server import ServerError


@click.command("replay")
@click.argument("reproducer", type=click.Path(path_type=Path))
@click.option(
    "--retailer",
    type=click.Path(path_type=Path),
    help="retailer.toml of the system that failed. Not needed when that was the bundled reference retailer.",
)
@click.option("--report", type=click.Path(file_okay=False, path_type=Path), help="Folder for report and journal.")
@click.option(
    "--lang", type=click.Choice(["lv", "en"]), default="en", show_default=True, help="Language of the report."
)
def command(reproducer: Path, retailer: Path | None, report: Path | None, lang: str) -> None:
    """Do failed cases again: a feature from the report's folder reproducers/, or all of that folder or report."""
    summary = RunSummary()
    try:
        found = read_reproducers(reproducer)
        config = load_retailer(retailer) if retailer is not None else _reference(found)
        consumers: list[Consumer] = [summary, ConsoleReport(lang=lang, report=report)]
        if report is not None:
            consumers += [JsonReport(report), HtmlReport(report, lang=lang)]
        with tempfile.TemporaryDirectory(prefix="aldis-") as work:
            folder = Path(work).resolve()
            for each in found:
                shutil.copy(each.path, folder)
            shutil.copy(SCENARIOS / "test_scenarios.py", folder)
            suite = SuiteConfig(
                retailer=config,
                profile=load_profile(config.profile),
                seed=found[0].seed,
                report=report,
                lang=lang,
                scenarios=folder,
            )
            run_suite(suite, consumers)
    except (ReproducerError, ConfigError, ProfileError, DriverNotStarted) as reason:
        fail(str(reason))
    except (ReportError, ServerError) as reason:
        fail(str(reason), HARNESS_FAILED)
    sys.exit(summary.exit_code)


def _reference(found: tuple[Reproducer, ...]) -> RetailerConfig:
    """The bundled retailer, if it was the one that failed."""
    config = reference_config()
    for each in found:
        if each.retailer not in (None, config.name):
            raise ReproducerError(
                f"{each.path}: this failed with the system of {each.retailer}; name its retailer.toml by --retailer"
            )
    return config
