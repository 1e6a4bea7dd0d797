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
from conformance.reproducers import ReproducerError, read_reproducer
from conformance.retailers.config import ConfigError, load_retailer, reference_config
from conformance.retailers.protocol import DriverNotStarted
from conformance.suite import SCENARIOS, SuiteConfig, run_suite
from simulator.documents.profile import ProfileError, load_profile
from simulator.server import ServerError


@click.command("replay")
@click.argument("reproducer", type=click.Path(path_type=Path))
@click.option(
    "--retailer",
    type=click.Path(path_type=Path),
    help="retailer.toml of the system under test. Default: the bundled reference retailer.",
)
@click.option("--report", type=click.Path(file_okay=False, path_type=Path), help="Folder for report and journal.")
@click.option(
    "--lang", type=click.Choice(["lv", "en"]), default="en", show_default=True, help="Language of the report."
)
def command(reproducer: Path, retailer: Path | None, report: Path | None, lang: str) -> None:
    """Do a failed case again: a feature from the report's folder reproducers/, or that folder."""
    summary = RunSummary()
    try:
        path, seed = read_reproducer(reproducer)
        config = load_retailer(retailer) if retailer is not None else reference_config()
        consumers: list[Consumer] = [summary, ConsoleReport(lang=lang, report=report)]
        if report is not None:
            consumers += [JsonReport(report), HtmlReport(report, lang=lang)]
        with tempfile.TemporaryDirectory(prefix="aldis-") as work:
            folder = Path(work).resolve()
            shutil.copy(path, folder / "replay.feature")
            shutil.copy(SCENARIOS / "test_scenarios.py", folder)
            suite = SuiteConfig(
                retailer=config,
                profile=load_profile(config.profile),
                seed=seed,
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
