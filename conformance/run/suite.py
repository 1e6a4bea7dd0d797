"""A run of the suite as one call: scenarios and random histories against one retailer, as a stream of events."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from conformance.report.events import Consumer
from conformance.run.configuration import SCENARIOS, SuiteConfig, worker_count
from conformance.run.reporter import Reporter, SystemInfo
from conformance.run.reproducers import count_selected
from conformance.run.runner import ScenarioRunner, ScenarioSelector
from conformance.run.testbed import Testbed
from conformance.scenarios.steps import STEPS


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
            plugins = [*plugins_of(config, testbed, reporter.emit), reporter]
            status = pytest.main(_arguments(config, workers), plugins=plugins)
        testbed.system.close()
        reporter.finish(status, SystemInfo.of(testbed.system) if workers == 1 else None)


def plugins_of(config: SuiteConfig, testbed: Testbed, emit: Consumer) -> list[object]:
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
