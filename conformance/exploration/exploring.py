"""Lets random lives happen to a retailer, judges each, and keeps the shortest story that failed."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
from hypothesis.stateful import get_state_machine_test

from conformance.exploration import chance
from conformance.exploration.life import STARTS, Life, machine
from conformance.exploration.sentences import play, story
from conformance.redaction import RedactedJournal
from conformance.report.events import Event, HarnessFailed, ScenarioFinished, ScenarioStarted, Status
from conformance.requirements.catalogue import load as load_requirements
from conformance.retailers.protocol import DriverError, DriverNotStarted
from conformance.rules import judge
from conformance.rules.case import Case
from conformance.scenarios.population import Population, PopulationError
from conformance.scenarios.stage import ScenarioError, Stage
from conformance.scenarios.subject import RetailerRefused, Subject, Unsupported
from conformance.timeline import cited_by, timeline_of
from conformance.verdicts import Verdict
from simulator.journal import Journal, write_folder
from simulator.server import Server

if TYPE_CHECKING:
    from conformance.suite import SuiteConfig

NAME = "exploration"
TITLE = "Random life"
_STEPS_A_MONTH = 6
_SHORTENINGS = 300  # stories that are tried; after that the shortest found so far is told


_Sentences = list[tuple[str, str]]


class _Broke(Exception):
    """A story in which the retailer did something wrong."""


_BREAKDOWNS = (DriverError, DriverNotStarted, RetailerRefused)
_FAILURES = (_Broke, *_BREAKDOWNS)


def explore(
    config: SuiteConfig,
    subject: Subject,
    server: Server,
    emit: Callable[[Event], None],
    held_back: str | None = None,
) -> None:
    """Play ``config.cases`` random lives over ``config.months`` months and tell what came of them as one scenario.

    ``held_back`` says why none is played, if none is.
    """
    emit(ScenarioStarted(NAME, TITLE, "Exploration", title_lv="Nejauša dzīve", feature_lv="Izpēte"))
    if held_back is not None:
        emit(ScenarioFinished(scenario=NAME, status=Status.NOT_TESTED, reason=held_back))
        return
    explorer = _Explorer(config, subject, server)
    try:
        emit(explorer.run())
    except Unsupported as missing:
        emit(ScenarioFinished(scenario=NAME, status=Status.NOT_TESTED, reason=str(missing)))
    except _BREAKDOWNS as broken:
        # Before the first life; one that breaks off a life is told with its story.
        emit(ScenarioFinished(scenario=NAME, status=Status.FAILED, reason=str(broken)))
    except Exception as broken:  # noqa: BLE001 - whatever it is, it is the suite's and is told as such
        message = f"{type(broken).__name__}: {broken}"
        emit(HarnessFailed(TITLE, message))
        emit(ScenarioFinished(scenario=NAME, status=Status.ERROR, reason=message))


class _Explorer:
    """One exploration: its lives, one after the other, until the first that fails; then the shortest way to that."""

    def __init__(self, config: SuiteConfig, subject: Subject, server: Server) -> None:
        self._config = config
        self._subject = subject
        self._server = server
        self._requirements = {each.id: each for each in load_requirements()}
        self._checked: dict[str, int] = {}
        self._entries = 0
        self._stage: Stage | None = None
        self._sentences: _Sentences = []

    def run(self) -> ScenarioFinished:
        """Play the lives; the answer tells of all of them, or of the shortest that failed."""
        began = time.monotonic()
        config = self._config
        life = machine(self._tell, self._abilities(), config.months, self._end)
        settings = hypothesis.settings(
            max_examples=config.cases,
            stateful_step_count=_STEPS_A_MONTH * config.months,
            database=None,
            deadline=None,
            print_blob=False,
            report_multiple_bugs=False,
            verbosity=hypothesis.Verbosity.quiet,
            suppress_health_check=list(hypothesis.HealthCheck),
            phases=(hypothesis.Phase.generate,),
            backend=chance.NAME,
        )
        test = hypothesis.seed(config.seed)(get_state_machine_test(life, settings=settings))
        try:
            test()
        except _FAILURES:
            return replace(self._shortest(self._sentences), seconds=time.monotonic() - began)
        return ScenarioFinished(
            scenario=NAME,
            status=Status.PASSED,
            judged=tuple(Verdict(each, count) for each, count in self._checked.items()),
            seconds=time.monotonic() - began,
            entries=self._entries,
        )

    def _abilities(self) -> frozenset[str]:
        """What the driver can; it is greeted for that, if nobody has done so yet."""
        stage = self._new_stage()
        stage.population.start = STARTS[0]
        stage.opened()
        stage.close()
        return self._subject.can

    # -- one life

    def _tell(self, keyword: str, sentence: str) -> None:
        if self._stage is None:
            self._stage, self._sentences = self._new_stage(), []
        self._sentences.append((keyword, sentence))
        play(sentence, self._stage)

    def _new_stage(self) -> Stage:
        config = self._config
        return Stage(
            name=TITLE,
            population=Population(seed=f"{config.seed} {TITLE}", retailer=self._subject.retailer),
            subject=self._subject,
            server=self._server,
            profile=config.profile,
            seed=config.seed,
        )

    def _end(self, life: Life) -> None:
        stage = self._stage
        try:
            if stage is not None and stage.simulation is not None:
                life.finish()
                self._weigh(stage)
        finally:
            if stage is not None:
                stage.close()
            self._stage = None

    def _weigh(self, stage: Stage) -> None:
        case = self._case(stage)
        verdicts = judge(case)
        broken = self._broken(verdicts)
        if broken:
            raise _Broke(", ".join(sorted(broken)))
        for each in verdicts:
            self._checked[each.requirement] = self._checked.get(each.requirement, 0) + each.checked
        self._entries += len(case.entries)

    def _case(self, stage: Stage) -> Case:
        simulation = stage.opened()
        simulation.settle()
        return Case(simulation.journal, simulation.world, simulation.profile, self._subject.retailer)

    def _broken(self, verdicts: tuple[Verdict, ...]) -> frozenset[str]:
        """The requirements whose breach fails a run."""
        return self._config.policy.failing(verdicts, self._requirements)

    # -- a failure

    def _shortest(self, sentences: _Sentences) -> ScenarioFinished:
        """Leave out whatever can be left out of a story so that it still fails in the same way, and tell that."""
        found = self._play(sentences)
        if found.status is not Status.FAILED:
            return replace(
                found, status=Status.FAILED, reason=f"failed once, and not when played again\n{found.reason}"
            )
        same = self._broken(found.judged)
        tries = itertools.count(1)
        part = max(1, len(sentences) // 2)
        while True:
            place = len(sentences) - part
            while place >= 1 and next(tries) <= _SHORTENINGS:  # from the end; the first says when it is
                shorter = sentences[:place] + sentences[place + part :]
                played = self._play(shorter)
                if played.status is Status.FAILED and self._broken(played.judged) == same:
                    sentences, found = shorter, played
                place -= part
            if part == 1:
                return self._play(sentences, keep=True)
            part //= 2

    def _play(self, sentences: _Sentences, *, keep: bool = False) -> ScenarioFinished:
        """One story played from its beginning."""
        stage = self._new_stage()
        reason = None
        try:
            for _, sentence in sentences:
                play(sentence, stage)
        except (ScenarioError, PopulationError, Unsupported) as nonsense:
            stage.close()
            return ScenarioFinished(scenario=NAME, status=Status.NOT_TESTED, reason=str(nonsense))
        except _BREAKDOWNS as refused:
            reason = str(refused)
        try:
            return self._told(stage, sentences, reason, keep=keep)
        finally:
            stage.close()

    def _told(self, stage: Stage, sentences: _Sentences, reason: str | None, *, keep: bool) -> ScenarioFinished:
        if stage.simulation is None:
            return ScenarioFinished(scenario=NAME, status=Status.NOT_TESTED, reason=reason)
        case = self._case(stage)
        verdicts = judge(case)
        failed = reason is not None or bool(self._broken(verdicts))
        told = story(TITLE, sentences, self._config.seed)
        return ScenarioFinished(
            scenario=NAME,
            status=Status.FAILED if failed else Status.PASSED,
            judged=verdicts,
            reason="\n".join([*([reason] if reason else []), told]),
            journal=self._keep(stage) if keep else None,
            entries=len(case.entries),
            timeline=timeline_of(case, cited_by(verdicts)) if keep else None,
            reproducer=told,
        )

    def _keep(self, stage: Stage) -> Path | None:
        simulation, redactor = stage.opened(), self._config.redactor
        if redactor is not None:
            redactor.learn(simulation.journal, simulation.profile, simulation.world)
        if self._config.report is None:
            return None
        journal: Journal = simulation.journal
        folder = self._config.report / "journal" / NAME
        write_folder(journal if redactor is None else RedactedJournal(journal, redactor), folder)
        return folder
