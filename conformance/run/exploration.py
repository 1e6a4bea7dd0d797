"""Random histories of a retailer: runs and judges each, and reduces the first failure to its smallest sequence."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from dataclasses import dataclass, replace

import hypothesis
from hypothesis.stateful import get_state_machine_test

from conformance.report.events import ScenarioFinished, Status
from conformance.requirements.verdicts import Verdict
from conformance.retailers.protocol import DriverError, DriverNotStarted
from conformance.run.assessment import Assessment, assess, case_of, keep_journal
from conformance.run.configuration import EXPLORATION, SuiteConfig, history_titles
from conformance.run.histories import PROVIDER, STARTS, RetailerHistory, history_class
from conformance.run.testbed import Testbed
from conformance.scenarios.environment import Environment, ScenarioError
from conformance.scenarios.population import PopulationError
from conformance.scenarios.steps import run_step
from conformance.scenarios.system import RetailerRefused, Unsupported

_STEPS_PER_MONTH = 6
_MAX_REDUCTIONS = 300  # sequences that are tried; the smallest until then is reported
_RETAILER_FAILED = (DriverError, DriverNotStarted, RetailerRefused)

_Sequence = list[tuple[str, str]]  # keyword and sentence


class _RequirementsBroken(Exception):
    """A history in which the retailer broke a requirement."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A sequence that was run. It is not judged when it made no sense, or nothing happened in it."""

    sequence: _Sequence
    is_judged: bool = False
    failing: frozenset[str] = frozenset()
    reason: str | None = None
    finished: ScenarioFinished | None = None

    @property
    def is_failure(self) -> bool:
        return self.is_judged and bool(self.failing or self.reason)


class Exploration:
    """The random histories of one run, one after the other until one fails."""

    def __init__(self, config: SuiteConfig, testbed: Testbed) -> None:
        self._config = config
        self._testbed = testbed
        self._checked: Counter[str] = Counter()
        self._entries = 0
        self._environment: Environment | None = None
        self._sequence: _Sequence = []
        self._began = time.monotonic()

    def run(self) -> ScenarioFinished:
        """Run the histories and return one event for all of them, or for the smallest failing sequence of one.

        Raises Unsupported, DriverError, DriverNotStarted and RetailerRefused when the retailer cannot even begin.
        """
        config = self._config
        history = history_class(self._run_sentence, self._abilities(), config.months, self._end)
        settings = hypothesis.settings(
            max_examples=config.cases,
            stateful_step_count=_STEPS_PER_MONTH * config.months,
            database=None,
            deadline=None,
            print_blob=False,
            report_multiple_bugs=False,
            verbosity=hypothesis.Verbosity.quiet,
            suppress_health_check=list(hypothesis.HealthCheck),
            phases=(hypothesis.Phase.generate,),
            backend=PROVIDER,
        )
        test = hypothesis.seed(config.seed)(get_state_machine_test(history, settings=settings))
        try:
            test()
        except (_RequirementsBroken, *_RETAILER_FAILED):
            return self._report(self._sequence)
        return ScenarioFinished(
            scenario=EXPLORATION,
            status=Status.PASSED,
            judged=tuple(Verdict(requirement, count) for requirement, count in self._checked.items()),
            seconds=time.monotonic() - self._began,
            entries=self._entries,
        )

    def _abilities(self) -> frozenset[str]:
        """Return what the driver can do, as it said in ``hello``."""
        environment = self._new_environment()
        environment.population.start = STARTS[0]
        try:
            environment.open()
        finally:
            environment.close()
        return self._testbed.system.can

    def _new_environment(self) -> Environment:
        return self._testbed.environment(history_titles().title)

    # -- one history, as Hypothesis draws it

    def _run_sentence(self, keyword: str, sentence: str) -> None:
        if self._environment is None:
            self._environment, self._sequence = self._new_environment(), []
        self._sequence.append((keyword, sentence))
        run_step(sentence, self._environment)

    def _end(self, history: RetailerHistory) -> None:
        environment = self._environment
        try:
            if environment is not None and environment.simulation is not None:
                history.finish()
                self._count(environment)
        finally:
            if environment is not None:
                environment.close()
            self._environment = None

    def _count(self, environment: Environment) -> None:
        """Judge a finished history; raises _RequirementsBroken when it fails the run."""
        assessment = self._assess(environment)
        if assessment.failing:
            raise _RequirementsBroken(", ".join(sorted(assessment.failing)))
        for verdict in assessment.verdicts:
            self._checked[verdict.requirement] += verdict.checked
        self._entries += len(assessment.case.entries)

    def _assess(self, environment: Environment) -> Assessment:
        return assess(case_of(environment.open(), self._testbed.system.retailer), self._config.policy)

    # -- a failure

    def _report(self, sequence: _Sequence) -> ScenarioFinished:
        """Return the event for a history that failed: of its smallest failing sequence, with timeline and journal."""
        attempt = self._run(sequence)
        is_repeatable = attempt.is_failure
        attempt = self._run(self._reduce(attempt).sequence if is_repeatable else sequence, keep=True)
        finished = attempt.finished or ScenarioFinished(scenario=EXPLORATION, status=Status.FAILED)
        reason = [finished.reason or attempt.reason or ""]
        if not is_repeatable:
            reason.insert(0, "failed once, and not when run again")
        seconds = time.monotonic() - self._began
        return replace(finished, status=Status.FAILED, reason="\n".join(reason), seconds=seconds)

    def _reduce(self, attempt: _Attempt) -> _Attempt:
        """Leave out every sentence without which the sequence still fails in the same way."""
        tries = itertools.count(1)
        length = max(1, len(attempt.sequence) // 2)
        while length:
            start = len(attempt.sequence) - length
            while start >= 1 and next(tries) <= _MAX_REDUCTIONS:  # from the end; the first sentence gives the date
                sequence = attempt.sequence
                shorter = self._run(sequence[:start] + sequence[start + length :])
                if shorter.is_failure and shorter.failing == attempt.failing:
                    attempt = shorter
                start -= length
            length //= 2
        return attempt

    def _run(self, sequence: _Sequence, *, keep: bool = False) -> _Attempt:
        """Run a sequence from its beginning; with ``keep`` make its event, and keep its journal in the report."""
        environment = self._new_environment()
        reason = None
        try:
            try:
                for _, sentence in sequence:
                    run_step(sentence, environment)
            except (ScenarioError, PopulationError, Unsupported) as senseless:
                return _Attempt(sequence, reason=str(senseless))
            except _RETAILER_FAILED as failure:
                reason = str(failure)
            if environment.simulation is None:
                return _Attempt(sequence, reason=reason)
            assessment = self._assess(environment)
            finished = self._finished(environment, assessment, sequence, reason) if keep else None
            return _Attempt(sequence, True, assessment.failing, reason, finished)
        finally:
            environment.close()

    def _finished(
        self, environment: Environment, assessment: Assessment, sequence: _Sequence, reason: str | None
    ) -> ScenarioFinished:
        journal = keep_journal(environment.open(), self._config, EXPLORATION)
        feature = _feature(sequence, self._config.seed)
        return assessment.finished(
            EXPLORATION,
            Status.FAILED,
            since=self._began,
            reason="\n".join([*([reason] if reason else []), feature]),
            journal=journal,
            reproducer=feature,
        )


def _feature(sequence: _Sequence, seed: int) -> str:
    """Return a sequence as a feature that ``aldis replay`` runs again."""
    lines = [f"# seed: {seed}", "Feature: Smallest failing sequence", "", f"  Scenario: {history_titles().title}"]
    previous = ""
    for keyword, sentence in sequence:
        lines.append(f"    {'And' if keyword == previous else keyword} {sentence}")
        previous = keyword
    return "\n".join(lines) + "\n"
