"""The rules alone, over what a served simulator has recorded; nothing is driven."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path

from conformance.policy import Policy
from conformance.redaction import Redactor
from conformance.report.events import (
    Consumer,
    Event,
    RequirementInfo,
    RunFinished,
    RunStarted,
    ScenarioFinished,
    ScenarioStarted,
    Status,
    Waiver,
)
from conformance.requirements.catalogue import CHAPTERS
from conformance.requirements.catalogue import load as load_requirements
from conformance.rules import judge
from conformance.rules.case import Case
from conformance.selection import SelectionError
from conformance.timeline import cited_by, timeline_of
from simulator import __version__
from simulator.documents.profile import Profile, ProfileError, load_profile
from simulator.domain.errors import UserError
from simulator.journal import Journal, JournalError, Kind, StoredJournal, blob_references
from simulator.setting import Setting, SettingError, recorded_setting
from simulator.store import Store, StoreError
from simulator.world import Retailer, World

_SOUND_COPY = "the folder is damaged: put a sound copy back, or record again"


class RecordedError(UserError):
    """The data folder cannot be judged: not there, not a simulator's, damaged, or without the retailer asked for."""


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
    """Judge each retailer that called (or only the one of this authority) as if its traffic were one scenario.

    ``profile`` takes the place of the recorded one; ``waivers`` name requirements that may be broken for a while;
    ``only`` holds the requirements and chapters that are judged (empty: all). Raises RecordedError when the folder
    cannot be used, SelectionError when ``only`` holds something else.
    """
    chosen = _chosen(only)
    listeners = tuple(consumers)

    def emit(event: Event) -> None:
        reported = event if redactor is None else redactor.event(event)
        for listener in listeners:
            listener(reported)

    began = time.monotonic()
    store = _open(directory)
    try:
        setting = _setting(store, directory)
        profile = profile or _profile(setting, directory)
        journal = StoredJournal(store)
        _examine(journal)
        if redactor is not None:
            redactor.learn(journal, profile, setting.world)
        retailers = _retailers(journal, setting.world, authority)
        started = _started(retailers, profile, _security(journal), _ways(journal), waivers)
        emit(started)
        for retailer in retailers:
            _judge_one(Case(journal, setting.world, profile, retailer), chosen, started, emit)
    except (StoreError, JournalError) as reason:
        raise RecordedError(f"{directory}: {reason}") from reason
    finally:
        store.close()
    emit(RunFinished(finished_at=datetime.now(UTC), seconds=time.monotonic() - began))


def _chosen(only: Collection[str]) -> frozenset[str]:
    """Return the ids of the requirements that are judged."""
    known = [requirement.id for requirement in load_requirements()]
    for word in only:
        if word.upper() not in {*known, *CHAPTERS}:
            raise SelectionError(
                f"--only {word}: --recorded runs no scenario, so it takes requirements and chapters only "
                "(aldis requirements lists them)"
            )
    words = {word.upper() for word in only} or set(CHAPTERS)
    return frozenset(name for name in known if name in words or name.partition("-")[0] in words)


def _open(directory: Path) -> Store:
    if not directory.is_dir() or not any(directory.iterdir()):
        raise RecordedError(
            f"{directory} is not the data folder of a simulator; give the folder that aldis serve --data wrote to"
        )
    try:
        return Store.open(directory)
    except StoreError as reason:
        raise RecordedError(f"{directory}: {reason}") from reason


def _examine(journal: StoredJournal) -> None:
    """Whether all is there that was recorded; raises JournalError where it is not.

    What is missing would count as what the retailer never did, or never got: so nothing is judged then.
    """
    seen: set[str] = set()
    for expected, entry in enumerate(journal.entries(), 1):
        if entry.number != expected:
            raise JournalError(f"entry {expected} of the journal is missing; {_SOUND_COPY}")
        for reference in sorted(blob_references(entry) - seen):
            _examine_blob(journal, entry.number, reference)
            seen.add(reference)


def _examine_blob(journal: StoredJournal, entry: int, reference: str) -> None:
    try:
        data = journal.blob(reference)
    except KeyError:
        raise JournalError(f"entry {entry} names the document {reference}, which is missing; {_SOUND_COPY}") from None
    if hashlib.sha256(data).hexdigest() != reference:
        raise JournalError(f"the document {reference} of entry {entry} was changed since; {_SOUND_COPY}")


def _setting(store: Store, directory: Path) -> Setting:
    try:
        with store.reading() as unit:
            setting = recorded_setting(unit)
        if setting is None:
            raise RecordedError(f"{directory}: no simulator has run here yet, so there is nothing to judge")
    except SettingError as reason:
        raise RecordedError(f"{directory}: {reason}") from reason
    return setting


def _profile(setting: Setting, directory: Path) -> Profile:
    try:
        return load_profile(setting.profile)
    except ProfileError as reason:
        raise RecordedError(f"{directory}: {reason}") from reason


def _retailers(journal: Journal, world: World, authority: str | None) -> tuple[Retailer, ...]:
    callers = {each.authority for each in journal.entries() if each.kind is Kind.EXCHANGE}
    if authority is None:
        return tuple(each for each in world.retailers if each.authority in callers)
    retailer = world.retailer(authority)
    if retailer is None:
        known = ", ".join(f"{each.authority} ({each.name})" for each in world.retailers)
        raise RecordedError(f"world {world.name!r} has no retailer with authority {authority}; it has {known}")
    return (retailer,) if authority in callers else ()


def _security(journal: Journal) -> str:
    """By what the recorded callers were known to the STS first; off when nobody asked it."""
    for entry in journal.entries():
        if entry.kind is Kind.TOKEN:
            return str(entry.details.get("credential")).removesuffix("mixed")
    return "off"


def _ways(journal: Journal) -> frozenset[str]:
    """By which ways callers came: soap, ftps, or both; by soap when nobody came at all."""
    found = {entry.interface for entry in journal.entries() if entry.kind in (Kind.EXCHANGE, Kind.FTP)}
    return frozenset(found & {"soap", "ftps"} or {"soap"})


def _started(
    retailers: tuple[Retailer, ...], profile: Profile, security: str, ways: frozenset[str], waivers: tuple[Waiver, ...]
) -> RunStarted:
    switched_on = ways if security == "off" else ways | {"security"}
    return RunStarted(
        retailer=", ".join(each.name for each in retailers),
        profile=profile.name,
        seed=0,
        suite_version=__version__,
        security=security,
        started_at=datetime.now(UTC),
        requirements=tuple(RequirementInfo.of(each, switched_on) for each in load_requirements()),
        scenarios=len(retailers),
        assumed_requirements=profile.assumed_requirements,
        waivers=waivers,
    )


def _judge_one(case: Case, chosen: frozenset[str], started: RunStarted, emit: Consumer) -> None:
    retailer = case.retailer
    began = time.monotonic()
    name = f"recorded-{retailer.authority}"
    emit(
        ScenarioStarted(
            scenario=name,
            title=f"What {retailer.name} was recorded doing",
            feature="Recorded traffic",
            title_lv=f"{retailer.name}: ierakstītā datu plūsma",
            feature_lv="Ierakstītā datu plūsma",
        )
    )
    verdicts = tuple(verdict for verdict in judge(case) if verdict.requirement in chosen)
    status = Status.WARNED if any(verdict.breaches for verdict in verdicts) else Status.PASSED
    requirements = {requirement.id: requirement for requirement in load_requirements()}
    policy = Policy.of(started.assumed_requirements, started.waivers, started.started_at.date())
    if policy.failing(verdicts, requirements):
        status = Status.FAILED
    if not any(verdict.checked for verdict in verdicts):
        status = Status.NOT_TESTED
    emit(
        ScenarioFinished(
            scenario=name,
            status=status,
            judged=verdicts,
            seconds=time.monotonic() - began,
            entries=sum(1 for _ in case.journal.entries()),
            timeline=timeline_of(case, cited_by(verdicts)),
        )
    )
