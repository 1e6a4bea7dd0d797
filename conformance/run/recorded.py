"""Recorded runs: the rules judge the journal of a served simulator; no driver is asked."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path

from conformance.report.events import (
    Consumer,
    Event,
    RequirementInfo,
    RunFinished,
    RunStarted,
    ScenarioStarted,
    Status,
    Waiver,
)
from conformance.requirements.catalogue import CHAPTERS
from conformance.rules.case import Case
from conformance.run.assessment import assess, requirements
from conformance.run.policy import Policy
from conformance.run.redaction import Redactor
from conformance.run.reproducers import SelectionError
from simulator import __version__
from simulator.documents.profile import Profile, load_profile
from simulator.domain.errors import UserError
from simulator.domain.language import _
from simulator.journal import Journal, JournalError, Kind, StoredJournal, blob_references
from simulator.journal.run_metadata import RunMetadata, RunMetadataError, recorded_run
from simulator.settings import SettingsError
from simulator.store import Store, StoreError
from simulator.world.model import Retailer, World

_SOUND_COPY = "the folder is damaged: put a sound copy back, or record again"


class RecordedError(UserError):
    """A data folder cannot be judged: it is missing, damaged, not a simulator's, or lacks the retailer asked for."""


def judge_recorded(
    directory: Path,
    authority: str | None,
    consumers: Iterable[Consumer],
    redactor: Redactor | None = None,
    *,
    profile: Profile | None = None,
    waivers: tuple[Waiver, ...] = (),
    only: Collection[str] = (),
) -> None:
    """Judge the recorded traffic of each retailer that called as one scenario and emit the events of a run.

    ``directory`` is the data folder of a simulator. With ``authority`` only that retailer is judged. ``profile``
    replaces the recorded one; ``waivers`` name requirements that may be broken for a while; ``only`` holds the
    requirements and chapters to judge (empty: all). Raises RecordedError when the folder cannot be used, SelectionError
    when ``only`` holds something else.
    """
    selected = _selected(only)
    receivers = tuple(consumers)

    def emit(event: Event) -> None:
        reported = event if redactor is None else redactor.event(event)
        for consumer in receivers:
            consumer(reported)

    began = time.monotonic()
    store = _open(directory)
    try:
        run = _run(store, directory)
        profile = profile or _profile(run, directory)
        journal = StoredJournal(store)
        _check_completeness(journal)
        if redactor is not None:
            redactor.learn(journal, profile, run.world)
        retailers = _retailers(journal, run.world, authority)
        started = _started(journal, retailers, profile, waivers)
        emit(started)
        policy = Policy.of(started.assumed_requirements, waivers, started.started_at.date())
        for retailer in retailers:
            _judge_retailer(Case(journal, run.world, profile, retailer), policy, selected, emit)
    except (StoreError, JournalError) as reason:
        raise RecordedError(f"{directory}: {reason}") from reason
    finally:
        store.close()
    emit(RunFinished(finished_at=datetime.now(UTC), seconds=time.monotonic() - began))


def _selected(only: Collection[str]) -> frozenset[str]:
    """Return the ids of the requirements to judge."""
    for word in only:
        if word.upper() not in {*requirements(), *CHAPTERS}:
            raise SelectionError(
                f"--only {word}: --recorded runs no scenario, so it takes requirements and chapters only "
                "(aldis requirements lists them)"
            )
    words = {word.upper() for word in only} or set(CHAPTERS)
    return frozenset(name for name in requirements() if words & {name, name.partition("-")[0]})


def _open(directory: Path) -> Store:
    if not directory.is_dir() or not any(directory.iterdir()):
        raise RecordedError(
            f"{directory} is not the data folder of a simulator; give the folder that aldis serve --data wrote to"
        )
    try:
        return Store.open(directory)
    except StoreError as reason:
        raise RecordedError(f"{directory}: {reason}") from reason


def _check_completeness(journal: StoredJournal) -> None:
    """Raise JournalError when an entry or a document is missing or changed.

    A missing entry would be judged as something that the retailer never did, so nothing is judged then.
    """
    seen: set[str] = set()
    for expected, entry in enumerate(journal.entries(), 1):
        if entry.number != expected:
            raise JournalError(f"entry {expected} of the journal is missing; {_SOUND_COPY}")
        for reference in sorted(blob_references(entry) - seen):
            _check_blob(journal, entry.number, reference)
            seen.add(reference)


def _check_blob(journal: StoredJournal, entry: int, reference: str) -> None:
    try:
        data = journal.blob(reference)
    except KeyError:
        raise JournalError(f"entry {entry} names the document {reference}, which is missing; {_SOUND_COPY}") from None
    if hashlib.sha256(data).hexdigest() != reference:
        raise JournalError(f"the document {reference} of entry {entry} was changed since; {_SOUND_COPY}")


def _run(store: Store, directory: Path) -> RunMetadata:
    try:
        with store.reading() as transaction:
            run = recorded_run(transaction)
        if run is None:
            raise RecordedError(f"{directory}: no simulator has run here yet, so there is nothing to judge")
    except RunMetadataError as reason:
        raise RecordedError(f"{directory}: {reason}") from reason
    return run


def _profile(run: RunMetadata, directory: Path) -> Profile:
    try:
        return load_profile(run.profile)
    except SettingsError as reason:
        raise RecordedError(f"{directory}: {reason}") from reason


def _retailers(journal: Journal, world: World, authority: str | None) -> tuple[Retailer, ...]:
    callers = {entry.authority for entry in journal.entries() if entry.kind is Kind.EXCHANGE}
    if authority is None:
        return tuple(retailer for retailer in world.retailers if retailer.authority in callers)
    retailer = world.retailer(authority)
    if retailer is None:
        known = ", ".join(f"{known.authority} ({known.name})" for known in world.retailers)
        raise RecordedError(f"world {world.name!r} has no retailer with authority {authority}; it has {known}")
    return (retailer,) if authority in callers else ()


def _security(journal: Journal) -> str:
    """Return the credential of the first request for a token; off when there is none."""
    for entry in journal.entries():
        if entry.kind is Kind.TOKEN:
            return str(entry.details.get("credential")).removesuffix("mixed")
    return "off"


def _transports(journal: Journal) -> frozenset[str]:
    """Return the transports that were used: soap, ftps or both; soap when there are no calls."""
    used = {entry.interface for entry in journal.entries() if entry.kind in (Kind.EXCHANGE, Kind.FTP)}
    return frozenset(used & {"soap", "ftps"} or {"soap"})


def _started(
    journal: Journal, retailers: tuple[Retailer, ...], profile: Profile, waivers: tuple[Waiver, ...]
) -> RunStarted:
    security, transports = _security(journal), _transports(journal)
    switched_on = transports if security == "off" else transports | {"security"}
    return RunStarted(
        retailer=", ".join(retailer.name for retailer in retailers),
        profile=profile.name,
        seed=0,
        suite_version=__version__,
        security=security,
        started_at=datetime.now(UTC),
        requirements=tuple(RequirementInfo.of(requirement, switched_on) for requirement in requirements().values()),
        scenarios=len(retailers),
        assumed_requirements=profile.assumed_requirements,
        waivers=waivers,
    )


def _judge_retailer(case: Case, policy: Policy, selected: Collection[str], emit: Consumer) -> None:
    began = time.monotonic()
    scenario = f"recorded-{case.retailer.authority}"
    title, feature = _("Recorded traffic of {retailer}", retailer=case.retailer.name), _("Recorded traffic")
    emit(
        ScenarioStarted(
            scenario=scenario,
            title=title.in_language("en"),
            feature=feature.in_language("en"),
            title_lv=title.in_language("lv"),
            feature_lv=feature.in_language("lv"),
        )
    )
    assessment = assess(case, policy, selected)
    status = assessment.status if assessment.checked else Status.NOT_TESTED
    emit(assessment.finished(scenario, status, since=began))
