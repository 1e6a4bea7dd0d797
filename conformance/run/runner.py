"""The pytest plugins that run scenarios: one selects them, the other runs and judges them and emits their events."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from conformance.report.events import Event, HarnessFailed, ScenarioFinished, ScenarioStarted, Status
from conformance.requirements.catalogue import NEEDS
from conformance.retailers.protocol import DriverError, DriverNotStarted
from conformance.run.assessment import Assessment, assess, case_of, keep_journal, requirements
from conformance.run.configuration import EXPLORATION, SuiteConfig, history_titles
from conformance.run.reproducers import is_selected, is_tag
from conformance.run.testbed import Testbed
from conformance.scenarios.environment import Environment
from conformance.scenarios.system import RetailerRefused, Unsupported
from conformance.scenarios.titles import Titles, feature_of, scenario_of, tags_of, titles_of
from simulator.journal import Journal, Kind, decisions_of

_MAX_BREAKDOWNS = 2  # consecutive scenarios; after that the driver is not asked again


class HistoriesItem(pytest.Item):
    """The random histories of a run as one pytest item. ``finished`` is their event, once they have run."""

    suite: SuiteConfig
    testbed: Testbed
    finished: ScenarioFinished | None = None

    def runtest(self) -> None:
        """Run the histories. Hypothesis is only imported here."""
        from conformance.run.exploration import Exploration  # noqa: PLC0415 - costs a third of a second

        self.finished = Exploration(self.suite, self.testbed).run()


class ScenarioSelector:
    """Selects the items of a run: the selected scenarios, then the random histories, and a user's own tests."""

    def __init__(self, config: SuiteConfig, testbed: Testbed) -> None:
        self._config = config
        self._testbed = testbed

    @pytest.hookimpl(tryfirst=True)
    def pytest_bdd_apply_tag(self, tag: str) -> bool | None:
        """Keep the suite's tags from becoming pytest marks; they are read from the scenario."""
        return True if is_tag(tag) else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(self, name: str, obj: object) -> list[pytest.Item] | None:
        """Make no items of scenarios that are not selected, which is most of the work of collecting."""
        scenario = scenario_of(obj, self._config.scenarios)
        if scenario is None or is_selected(scenario, self._config, name, *self._examples(name)):
            return None
        return []

    def _examples(self, function: str) -> Iterator[str]:
        """Return the words of ``only`` that name one example of this test function: ``test_name[example]``."""
        return (word for word in self._config.only if word.partition("[")[0] == function)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Add the random histories, and leave out examples of an outline that are not selected."""
        items[:] = [item for item in items if self._is_wanted(item)]
        if self._config.explores:
            histories: HistoriesItem = HistoriesItem.from_parent(session, name=EXPLORATION, nodeid=EXPLORATION)
            histories.suite, histories.testbed = self._config, self._testbed
            items.append(histories)

    def _is_wanted(self, item: pytest.Item) -> bool:
        function = getattr(item, "obj", None)
        scenario = scenario_of(function, self._config.scenarios)
        name = getattr(item, "originalname", item.name)
        return scenario is None or is_selected(scenario, self._config, name, item.name)


@dataclass(frozen=True, slots=True)
class _StepsOutcome:
    """The end of a scenario's steps, before the rules have judged the traffic."""

    status: Status
    reason: str | None = None


class ScenarioRunner:
    """Runs the items of the suite: gives each scenario its environment, judges its traffic and emits its events."""

    def __init__(self, config: SuiteConfig, testbed: Testbed, emit: Callable[[Event], None]) -> None:
        self._config = config
        self._testbed = testbed
        self._emit = emit
        self._environment: Environment | None = None
        self._breakdowns = 0

    def owns(self, item: pytest.Item) -> bool:
        """Return True for the suite's own items; False for a user's tests that run beside them."""
        function = getattr(item, "obj", None)
        return isinstance(item, HistoriesItem) or scenario_of(function, self._config.scenarios) is not None

    @pytest.fixture
    def environment(self, request: pytest.FixtureRequest) -> Iterator[Environment]:
        """Give a scenario a fresh environment."""
        self._environment = self._testbed.environment(titles_of(request.node).title)
        yield self._environment
        environment, self._environment = self._environment, None
        if environment is not None:
            environment.close()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Announce the scenario."""
        if self.owns(item):
            titles = _titles(item)
            self._emit(
                ScenarioStarted(
                    scenario=item.name,
                    title=titles.title,
                    feature=titles.feature,
                    title_lv=titles.title_lv,
                    feature_lv=titles.feature_lv,
                )
            )
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, None, None]:
        """Report what fails before the first step as a failure of the harness."""
        began = time.monotonic()
        try:
            return (yield)
        except Exception as error:
            if self.owns(item):
                self._fail_harness(item, error, began)
            raise

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        """Run the steps, judge the traffic and emit the event; a failed scenario is a failed test as well."""
        if not self.owns(item):
            return (yield)
        began = time.monotonic()
        held_back = self._held_back()
        try:
            if held_back is not None:
                finished = ScenarioFinished(scenario=item.name, status=Status.NOT_TESTED, reason=held_back)
            else:
                outcome = yield from self._run_steps()
                finished = self._finish(item, outcome, began)
            self._emit(finished)
        except Exception as error:
            self._fail_harness(item, error, began)
            raise
        _raise_outcome(finished)
        return None

    def _held_back(self) -> str | None:
        """Return why nothing more is asked of the retailer; None without a reason."""
        if self._breakdowns >= _MAX_BREAKDOWNS:
            return f"the driver broke down in {_MAX_BREAKDOWNS} scenarios running, so it was not asked again"
        return f"the time limit of {self._config.time_limit:g} s was reached" if self._config.time_is_up else None

    def _run_steps(self) -> Generator[None, None, _StepsOutcome]:
        try:
            yield
        except (DriverError, DriverNotStarted) as broken:
            self._breakdowns += 1
            return _StepsOutcome(Status.FAILED, str(broken))
        except RetailerRefused as refused:
            self._breakdowns = 0
            return _StepsOutcome(Status.FAILED, str(refused))
        except Unsupported as missing:
            self._breakdowns = 0
            return _StepsOutcome(Status.NOT_TESTED, str(missing))
        self._breakdowns = 0
        return _StepsOutcome(Status.PASSED)

    def _finish(self, item: pytest.Item, outcome: _StepsOutcome, began: float) -> ScenarioFinished:
        """Judge the scenario's traffic, if there was any, and return its event."""
        if isinstance(item, HistoriesItem) and item.finished is not None:
            return item.finished
        environment = self._environment
        if environment is None or environment.simulation is None:
            return ScenarioFinished(scenario=item.name, status=outcome.status, reason=outcome.reason)
        case = case_of(environment.simulation, self._testbed.system.retailer)
        is_judged = outcome.status is not Status.NOT_TESTED
        assessment = assess(case, self._config.policy) if is_judged else Assessment(case, (), frozenset())
        if outcome.status is Status.PASSED:
            outcome = self._weigh(item, environment, assessment)
        journal = keep_journal(environment.simulation, self._config, item.name)
        if outcome.status is Status.ERROR:
            self._emit(HarnessFailed(_titles(item).title, outcome.reason or ""))
        return assessment.finished(
            item.name,
            outcome.status,
            since=began,
            reason=outcome.reason,
            journal=journal,
            reproducer=feature_of(item, self._config.seed) if outcome.status is Status.FAILED else None,
        )

    def _weigh(self, item: pytest.Item, environment: Environment, assessment: Assessment) -> _StepsOutcome:
        """Return the outcome of a scenario whose steps all ran."""
        if assessment.status is not Status.PASSED:
            return _StepsOutcome(assessment.status)
        untriggered = _untriggered_faults(environment)
        if untriggered:
            return _StepsOutcome(Status.NOT_TESTED, untriggered)
        unexpected = _unexpected_grant(environment)
        if unexpected:
            return _StepsOutcome(Status.ERROR, unexpected)
        missing = sorted(self._expected_checks(item) - assessment.checked)
        if missing:
            return _StepsOutcome(
                Status.FAILED,
                f"the traffic that {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} judged by never came; "
                "see the journal for what the retailer sent instead",
            )
        return _StepsOutcome(Status.PASSED)

    def _expected_checks(self, item: pytest.Item) -> set[str]:
        """Return the requirements that the scenario is tagged with and that this run can judge."""
        tags = tags_of(scenario_of(getattr(item, "obj", None), self._config.scenarios))
        possible = {None, *(NEEDS.keys() & self._config.retailer.switched_on)}
        return {tag for tag in tags if tag in requirements() and requirements()[tag].needs in possible}

    def _fail_harness(self, item: pytest.Item, error: Exception, began: float) -> None:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        message = f"{type(error).__name__}: {error} ({Path(frame.filename).name} line {frame.lineno})"
        self._emit(HarnessFailed(_titles(item).title, message))
        seconds = time.monotonic() - began
        self._emit(ScenarioFinished(scenario=item.name, status=Status.ERROR, reason=message, seconds=seconds))


def _titles(item: pytest.Item) -> Titles:
    return history_titles() if isinstance(item, HistoriesItem) else titles_of(item)


def _raise_outcome(finished: ScenarioFinished) -> None:
    """Give pytest the outcome of a scenario."""
    if finished.status is Status.NOT_TESTED:
        pytest.skip(finished.reason or "not tested")
    if finished.status is Status.FAILED:
        lines = [
            "{}: {}\n    expected: {}".format(
                verdict.requirement, *(text.in_language("en") for text in (breach.message, breach.expected))
            )
            for verdict in finished.judged
            for breach in verdict.breaches
        ]
        pytest.fail("\n".join([*([finished.reason] if finished.reason else []), *lines]), pytrace=False)
    if finished.status is Status.ERROR:
        pytest.fail(f"the harness failed, not the retailer: {finished.reason}", pytrace=False)


def _untriggered_faults(environment: Environment) -> str | None:
    """Name the injected faults that were never triggered, since the retailer did not make the call."""
    armed = environment.open().faults.armed()
    if not armed:
        return None
    kinds = ", ".join(f"{fault.kind} on {fault.operation}" for fault, _ in armed)
    return f"the retailer never made the call that was to go wrong ({kinds})"


def _unexpected_grant(environment: Environment) -> str | None:
    """Describe a grant that differs from what the scenario expects: as no rule was broken, the harness is wrong."""
    journal = environment.open().journal
    grants = list(_grants(journal))
    for name, period, expected in environment.expected_grants:
        resident = environment.population.person(name)
        granted = sum(
            (amount for month, code, amount in grants if month == str(period) and resident.has_code(code)),
            Decimal("0.00"),
        )
        if granted != expected:
            return f"ALDIS should have granted {name} {expected} EUR in {period}, but granted {granted} EUR"
    return None


def _grants(journal: Journal) -> Iterator[tuple[str, str, Decimal]]:
    """Return month, personal code and amount in EUR of all decisions."""
    for entry in journal.entries():
        if entry.kind is Kind.AUTHORITY and entry.operation == "determine":
            for decision in decisions_of(journal, entry):
                amounts = [decision["amount_due"], *(late["amount"] for late in decision["catch_up"])]
                yield str(entry.details["period"]), decision["person"], sum(map(Decimal, amounts), Decimal("0.00"))
