"""``aldis replay``: runs failed cases again."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from conformance.commands import options
from conformance.commands.group import HARNESS_FAILED, fail
from conformance.retailers.config import RetailerConfig, load_retailer, reference_config

if TYPE_CHECKING:
    from conformance.report.events import Consumer
    from conformance.run.reproducers import Reproducer


@click.command("replay")
@click.argument("reproducer", type=click.Path(path_type=Path))
@options.retailer("retailer.toml of the system that failed. Not needed when that was the bundled reference retailer.")
@options.report("Folder for report and journal.")
@options.language("Language of the report.")
def command(reproducer: Path, retailer: Path | None, report: Path | None, lang: str) -> None:
    """Do failed cases again: a feature from the report's folder reproducers/, or all of that folder or report."""
    config = None if retailer is None else load_retailer(retailer)
    from conformance.run.reproducers import read_reproducers

    reproducers = read_reproducers(reproducer)
    from conformance.report.console import ConsoleReport
    from conformance.report.html_report import HtmlReport
    from conformance.report.json_report import JsonReport
    from conformance.report.summary import RunSummary
    from conformance.run.configuration import SCENARIOS, SuiteConfig
    from conformance.run.suite import run_suite
    from simulator.documents.profile import load_profile
    from simulator.http.server import ServerError

    config = config or _reference(reproducers)
    summary = RunSummary()
    consumers: list[Consumer] = [summary, ConsoleReport(lang=lang, report=report)]
    if report is not None:
        consumers += [JsonReport(report), HtmlReport(report, lang=lang)]
    with tempfile.TemporaryDirectory(prefix="aldis-") as work:
        folder = Path(work).resolve()
        for case in reproducers:
            shutil.copy(case.path, folder)
        shutil.copy(SCENARIOS / "test_scenarios.py", folder)
        suite = SuiteConfig(
            retailer=config,
            profile=load_profile(config.profile),
            seed=reproducers[0].seed,
            report=report,
            lang=lang,
            scenarios=folder,
        )
        try:
            run_suite(suite, consumers)
        except ServerError as reason:
            fail(str(reason), HARNESS_FAILED)
    sys.exit(summary.exit_code)


def _reference(reproducers: tuple[Reproducer, ...]) -> RetailerConfig:
    """Return the bundled retailer; raises ReproducerError when another system failed."""
    from conformance.run.reproducers import ReproducerError

    config = reference_config()
    for case in reproducers:
        if case.retailer not in (None, config.name):
            raise ReproducerError(
                f"{case.path}: this failed with the system of {case.retailer}; name its retailer.toml by --retailer"
            )
    return config
