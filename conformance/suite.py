"""One run of the suite: scenarios played against one retailer, judged by all rules, told as a stream of events."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

import conformance.scenarios
from conformance.exploration.exploring import NAME as EXPLORATION
from conformance.exploration.exploring import explore
from conformance.playing import SuitePlugin
from conformance.policy import Policy
from conformance.redaction import Redactor
from conformance.report.events import Consumer, Event, HarnessFailed, RequirementInfo, RunFinished, RunStarted, Waiver
from conformance.requirements.catalogue import load as load_requirements
from conformance.retailers.config import RetailerConfig
from conformance.scenarios.steps import STEPS
from conformance.scenarios.subject import Folders, Subject
from conformance.scenarios.titles import add_folder
from simulator import __version__
from simulator.documents.profile import Profile
from simulator.file_server import Ftps
from simulator.ftps.settings import load_ftps_settings
from simulator.security.secured import Security
from simulator.security.settings import load_settings
from simulator.server import Server

SCENARIOS = Path(conformance.scenarios.__file__).parent
_PYTEST_DONE = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


@dataclass(frozen=True, slots=True)
class SuiteConfig:
    """What to run against whom.

    ``only`` holds requirement ids, chapters, tags or words of a scenario's title (empty: everything); ``report`` is
    the folder for journals (None: they are thrown away); ``time_limit`` in wall seconds, after which no further
    scenario begins; ``waivers`` name requirements that may be broken for a while, and count by the day of
    ``started_at``; ``lang`` is what a manual driver speaks; ``redactor`` replaces people in all that is reported;
    ``cases`` is how many random lives are played, each over ``months``; ``scenarios`` is the folder of features.
    """

    retailer: RetailerConfig
    profile: Profile
    only: tuple[str, ...] = ()
    seed: int = 1
    time_limit: float | None = None
    report: Path | None = None
    waivers: tuple[Waiver, ...] = ()
    lang: str = "en"
    redactor: Redactor | None = None
    cases: int = 0
    months: int = 3
    scenarios: Path = SCENARIOS
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def explores(self) -> bool:
        """Whether random lives are played: when some are wanted, and nothing else is asked for."""
        return self.cases > 0 and (not self.only or EXPLORATION in self.only)

    @property
    def policy(self) -> Policy:
        """What fails the run, by the waivers that count on the day on which it started."""
        return Policy.of(self.profile.assumed_requirements, self.waivers, self.started_at.date())


def run_suite(config: SuiteConfig, consumers: Iterable[Consumer]) -> None:
    """Play the chosen scenarios and emit every event to every consumer.

    Raises DriverNotStarted when the retailer's driver cannot be started at all, ServerError when there is no port.
    All that goes wrong later is an event.
    """
    listeners = tuple(consumers)

    def emit(event: Event) -> None:
        reported = event if config.redactor is None else config.redactor.event(event)
        for listener in listeners:
            listener(reported)

    began = time.monotonic()
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aldis-")))
        security = security_of(config.retailer, work)
        ftps = ftps_of(config.retailer, work, security)
        server = Server(security=security, ftps=ftps)
        server.start()
        stack.callback(server.stop)
        subject = Subject(
            config.retailer,
            config.profile,
            lambda: server.base_url,
            work,
            config.lang,
            security,
            folders_of(ftps, lambda: server.ftps_address),
        )
        stack.callback(subject.close)
        subject.open()
        plugin = SuitePlugin(config, subject, server, emit, partial(started, config))
        add_folder(config.scenarios)
        outcome = _pytest(plugin, config.scenarios)
        if outcome not in _PYTEST_DONE:
            emit(HarnessFailed("pytest", f"the suite's own pytest run ended with {outcome!s}"))
        if config.explores:
            explore(config, subject, server, emit, plugin.held_back())
        subject.close()
        emit(
            RunFinished(
                finished_at=datetime.now(UTC),
                seconds=time.monotonic() - began,
                retailer_name=subject.name,
                retailer_version=subject.version,
                can=tuple(sorted(subject.can)),
                driver_log=subject.log,
            )
        )


def security_of(retailer: RetailerConfig, work: Path) -> Security | None:
    """The security of the run's server; its keys are made for this run, unless the retailer keeps a folder of them."""
    if retailer.security == "off":
        return None
    return Security(retailer.keys or work / "keys", load_settings(), retailer.security)


def ftps_of(retailer: RetailerConfig, work: Path, security: Security | None) -> Ftps | None:
    """DIT's FTPS of the run's server, for a retailer that goes by it; the keys are those of the other services."""
    if retailer.transport != "ftps":
        return None
    return Ftps(0, security or Security(retailer.keys or work / "keys", load_settings()), load_ftps_settings())


def folders_of(ftps: Ftps | None, address: Callable[[], str | None]) -> Folders | None:
    """What the retailer is told of it."""
    return None if ftps is None else Folders(ftps.keys, lambda: f"ftps://{address()}")


def started(config: SuiteConfig, scenarios: int) -> RunStarted:
    """The first event of a run."""
    return RunStarted(
        retailer=config.retailer.name,
        profile=config.profile.name,
        seed=config.seed,
        suite_version=__version__,
        security=config.retailer.known_by,
        started_at=config.started_at,
        requirements=tuple(RequirementInfo.of(each, config.retailer.switched_on) for each in load_requirements()),
        scenarios=scenarios + config.explores,
        assumed_requirements=config.profile.assumed_requirements,
        waivers=config.waivers,
    )


def _pytest(plugin: SuitePlugin, scenarios: Path) -> int:
    # A user's own pytest settings and plugins must not reach into the suite.
    before = {name: os.environ.pop(name, None) for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        return pytest.main(
            [
                str(scenarios),
                f"--config-file={SCENARIOS / 'pytest.ini'}",
                f"--rootdir={scenarios}",
                "-p", "pytest_bdd.plugin",
                "-p", "no:terminal",
                "-p", "no:cacheprovider",
                "--capture=no",  # reports print while scenarios run
                "-p", "no:logging",
                "-p", "no:faulthandler",
                "-p", "no:unraisableexception",  # it collects garbage at the end, ten times over
                "--import-mode=importlib",
            ],
            plugins=[plugin, *STEPS],
        )  # fmt: skip
    finally:
        del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        os.environ.update({name: value for name, value in before.items() if value is not None})
