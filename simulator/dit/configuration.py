"""The configuration of a network: set up at each start, kept in the store, and read as a cached directory."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import RowMapping, Table, insert, select, update

from simulator.dit.directory import Directory
from simulator.dit.model import (
    Authority,
    Channel,
    ChannelKind,
    ChannelVersion,
    Repeated,
    Transformation,
    User,
    VersionStatus,
)
from simulator.dit.rights import Grant, GrantKey
from simulator.dit.xslt import check_stylesheet
from simulator.domain.model import ChannelRight, Environment
from simulator.store.prepared import Prepared
from simulator.store.schema import authorities, channels, facts, rights, subscriptions, users, versions

if TYPE_CHECKING:
    from simulator.store import Transaction

_DIRECTORY = "dit_directory"
_REVISION = "dit_configuration"
_FIND_REVISION = Prepared(select(facts.c.value).where(facts.c.name == _REVISION))
_PATHS = ("part", "record", "result")
_PLAIN = (
    "urn",
    "channel",
    "major",
    "minor",
    "schema",
    "element",
    "error_schema",
    "manual_acknowledgement",
    "use_receiver_filter",
)


class ConfigurationError(Exception):
    """A configuration that contradicts itself: a fault of the harness, never of a caller."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """The configuration of a network, for :meth:`Registry.install`.

    ``subscriptions`` are pairs of a version's URN and an authority's id: the receivers of a distribution version, the
    senders of a collection version.
    """

    authorities: tuple[Authority, ...]
    users: tuple[User, ...]
    channels: tuple[Channel, ...]
    versions: tuple[ChannelVersion, ...]
    subscriptions: tuple[tuple[str, str], ...]


class Registry:
    """Reads and changes the configuration in the store. Safe to share between threads.

    The directory is cached until the configuration's revision changes. ``stylesheets`` is the folder that the paths of
    transformations are relative to (``schemas/``).
    """

    def __init__(self, stylesheets: Path) -> None:
        self._stylesheets = stylesheets
        self._last: tuple[str | None, Directory] = (None, Directory())
        self._lock = threading.Lock()

    def install(self, transaction: Transaction, wanted: Configuration) -> None:
        """Set up the network, or apply a changed configuration; without changes it does nothing.

        Raises ConfigurationError when the configuration contradicts itself, StylesheetError when a stylesheet cannot be
        used.
        """
        _check(wanted)
        for version in wanted.versions:
            if version.transformation is not None:
                check_stylesheet(self._stylesheets, version.transformation.stylesheet)
        _write(transaction, wanted)
        transaction.known.pop(_DIRECTORY, None)

    def grant(self, transaction: Transaction, grants: Iterable[Grant], *, overwrite: bool = True) -> None:
        """Open or close rights of users; without ``overwrite`` only those that have no grant yet."""
        _write_grants(transaction, grants, overwrite=overwrite)
        transaction.known.pop(_DIRECTORY, None)

    def directory(self, transaction: Transaction) -> Directory:
        """Return the directory of authorities, users, channels, versions and rights."""
        known = transaction.known.get(_DIRECTORY)
        if isinstance(known, Directory):
            return known
        revision = _revision(transaction)
        with self._lock:
            last_revision, directory = self._last
        if revision is None or revision != last_revision:
            directory = _read(transaction)
            with self._lock:
                self._last = (revision, directory)
        transaction.known[_DIRECTORY] = directory
        return directory


def read_grants(transaction: Transaction) -> dict[GrantKey, Grant]:
    """Return all grants of rights by their keys."""
    grants = (
        Grant(
            GrantKey(row.user, row.channel, Environment(row.environment), ChannelRight(row.right)),
            row.opened,
            row.closed,
        )
        for row in transaction.connection.execute(select(rights))
    )
    return {grant.key: grant for grant in grants}


def _write(transaction: Transaction, wanted: Configuration) -> None:
    """Insert the rows that are missing and update those that differ; other rows stay."""
    changed = [
        *(_upsert(transaction, authorities, {"id": holder.id}, asdict(holder)) for holder in wanted.authorities),
        *(_upsert(transaction, users, {"name": user.name}, asdict(user)) for user in wanted.users),
        *(_upsert(transaction, channels, {"urn": channel.urn}, asdict(channel)) for channel in wanted.channels),
        # Sources of cuts come first, because the table's foreign key refers to them.
        *(
            _upsert(transaction, versions, {"urn": version.urn}, _version_row(version))
            for version in sorted(wanted.versions, key=lambda version: version.transformation is not None)
        ),
        *(
            _upsert(
                transaction,
                subscriptions,
                {"version": urn, "authority": authority},
                {"version": urn, "authority": authority},
            )
            for urn, authority in wanted.subscriptions
        ),
    ]
    if any(changed):
        _new_revision(transaction)


def _write_grants(transaction: Transaction, grants: Iterable[Grant], *, overwrite: bool = True) -> None:
    known = {} if overwrite else read_grants(transaction)
    changed = [
        _upsert(transaction, rights, dict(key), {**key, "opened": grant.opened, "closed": grant.closed})
        for grant in grants
        if grant.key not in known
        for key in [{name: str(value) for name, value in grant.key._asdict().items()}]
    ]
    if any(changed):
        _new_revision(transaction)


def _new_revision(transaction: Transaction) -> None:
    # Random, because a counter would give a number again after a rollback.
    _upsert(transaction, facts, {"name": _REVISION}, {"name": _REVISION, "value": uuid.uuid4().hex})


def _revision(transaction: Transaction) -> str | None:
    """Return a random word that changes with the configuration; None before the first installation."""
    row = _FIND_REVISION.run(transaction.connection, {})
    return None if row is None else str(row[0])


def _read(transaction: Transaction) -> Directory:
    subscribers: dict[str, set[str]] = {}
    for row in transaction.connection.execute(select(subscriptions)):
        subscribers.setdefault(row.version, set()).add(row.authority)
    return Directory(
        authorities={row.id: Authority(*row) for row in transaction.connection.execute(select(authorities))},
        users={row.name: row.authority for row in transaction.connection.execute(select(users))},
        channels={
            row.urn: Channel(row.urn, row.title, ChannelKind(row.kind), row.owner)
            for row in transaction.connection.execute(select(channels))
        },
        versions={
            row["urn"]: _version(row)
            for row in transaction.connection.execute(select(versions).order_by(versions.c.urn)).mappings()
        },
        subscribers={urn: frozenset(holders) for urn, holders in subscribers.items()},
        grants=read_grants(transaction),
    )


def _check(wanted: Configuration) -> None:
    """Raise ConfigurationError for a reference to an unknown record, or when a message would arrive twice."""
    known_authorities = {authority.id for authority in wanted.authorities}
    known_channels = {channel.urn for channel in wanted.channels}
    known_versions = {version.urn: version for version in wanted.versions}
    for user in wanted.users:
        _require(user.authority in known_authorities, f"user {user.name} acts for unknown authority {user.authority}")
    for channel in wanted.channels:
        _require(channel.owner in known_authorities, f"channel {channel.urn} has unknown owner {channel.owner}")
    for version in wanted.versions:
        _require(version.channel in known_channels, f"version {version.urn} is of unknown channel {version.channel}")
        _check_transformation(version, known_versions)
    for urn, authority in wanted.subscriptions:
        _require(urn in known_versions, f"authority {authority} subscribes to unknown version {urn}")
        _require(authority in known_authorities, f"unknown authority {authority} subscribes to {urn}")
    _check_one_cut_each(wanted, known_versions)


def _check_transformation(version: ChannelVersion, known: Mapping[str, ChannelVersion]) -> None:
    if version.transformation is None:
        return
    source = known.get(version.transformation.source)
    _require(source is not None, f"version {version.urn} is cut from unknown version {version.transformation.source}")
    if source is not None:
        _require(source.channel == version.channel, f"version {version.urn} is cut from another channel ({source.urn})")
        _require(
            source.transformation is None, f"version {version.urn} is cut from {source.urn}, which is a cut itself"
        )


def _check_one_cut_each(wanted: Configuration, known: Mapping[str, ChannelVersion]) -> None:
    # A message has the same id in every mailbox, so that an error event can name it. It must not arrive twice in one.
    seen: dict[tuple[str, str], str] = {}
    for urn, authority in dict.fromkeys(wanted.subscriptions):
        transformation = known[urn].transformation
        key = (transformation.source if transformation else urn, authority)
        _require(
            key not in seen, f"authority {authority} would get each message twice: by {seen.get(key)} and by {urn}"
        )
        seen[key] = urn


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ConfigurationError(f"the network cannot be set up: {otherwise}; correct the world or the profile")


def _upsert(transaction: Transaction, table: Table, key: dict[str, Any], row: dict[str, Any]) -> bool:
    """Insert or update a row; returns True when that changed the table."""
    where = [table.c[name] == value for name, value in key.items()]
    present = transaction.connection.execute(select(table).where(*where)).mappings().one_or_none()
    if present is None:
        transaction.connection.execute(insert(table), row)
    elif dict(present) != row:
        transaction.connection.execute(update(table).where(*where).values(row))
    return present is None or dict(present) != row


def _version_row(version: ChannelVersion) -> dict[str, Any]:
    cut = version.transformation
    row = {name: getattr(version, name) for name in _PLAIN}
    return row | {
        "status": str(version.status),
        "stylesheet": cut and cut.stylesheet,
        "cut_from": cut and cut.source,
        "cut_parameters": cut and [list(parameter) for parameter in cut.parameters],
        "cut_repeated": cut and cut.repeated and [list(getattr(cut.repeated, name)) for name in _PATHS],
    }


def _version(row: RowMapping) -> ChannelVersion:
    cut = None
    if row["cut_from"] is not None:
        parameters = tuple((name, value) for name, value in row["cut_parameters"])
        paths = row["cut_repeated"]
        repeated = Repeated(*(tuple(path) for path in paths)) if paths else None
        cut = Transformation(row["stylesheet"], row["cut_from"], parameters, repeated)
    plain = {name: row[name] for name in _PLAIN}
    return ChannelVersion(**plain, status=VersionStatus(row["status"]), transformation=cut)
