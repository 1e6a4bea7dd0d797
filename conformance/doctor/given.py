"""What the user names: a data folder, a database, a key, a retailer.toml."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from sqlalchemy.exc import SQLAlchemyError

from conformance.doctor.finding import Finding, Health
from conformance.report.dossier.manifest import DossierError, load_key
from conformance.retailers.config import DriverKind, load_retailer
from conformance.retailers.opening import open_driver
from conformance.retailers.protocol import DriverNotStarted
from simulator.settings import SettingsError
from simulator.store import Store, StoreError
from simulator.store.engine import open_engine
from simulator.store.store import DATABASE_FILE

_SOON = timedelta(days=30)
_SECONDS = 5.0  # wall


def data_folder(folder: Path) -> Iterator[Finding]:
    """Whether a simulator can keep its data there; nothing is made in a folder that none has used yet."""
    if not (folder / DATABASE_FILE).exists():
        place = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
        usable = os.access(place, os.W_OK | os.X_OK) and place.is_dir()
        text = f"{folder} can be used; no simulator has run there yet"
        if not usable:
            text = f"{place} is no folder that one may write to; choose another"
        yield Finding("data", Health.OK if usable else Health.BROKEN, text, is_given=True)
        return
    try:
        with Store.open(folder) as store, store.reading():
            pass
    except StoreError as reason:
        yield Finding("data", Health.BROKEN, f"{folder}: {reason}", is_given=True)
        return
    yield Finding("data", Health.OK, f"{folder} can be used", is_given=True)
    yield from _certificates(folder)


def _certificates(folder: Path) -> Iterator[Finding]:
    """The certificates that a simulator with security keeps beside its data."""
    now = datetime.now(UTC)
    for path in sorted(folder.rglob("*.pem")):
        try:
            certificates = x509.load_pem_x509_certificates(path.read_bytes())
        except (OSError, ValueError) as reason:
            yield Finding("certificates", Health.BROKEN, f"{path} cannot be read: {reason}", is_given=True)
            continue
        end = min(each.not_valid_after_utc for each in certificates)
        if end <= now:
            text = f"{path} expired on {end:%Y-%m-%d}; remove it, and aldis serve makes another"
            yield Finding("certificates", Health.BROKEN, text, is_given=True)
        elif end <= now + _SOON:
            yield Finding("certificates", Health.CAUTION, f"{path} expires on {end:%Y-%m-%d}", is_given=True)
        else:
            yield Finding("certificates", Health.OK, f"{path} is valid until {end:%Y-%m-%d}", is_given=True)


def database(url: str) -> Iterator[Finding]:
    """Whether the database answers; nothing is made in it."""
    try:
        engine = open_engine(url, durable=True)
        try:
            with engine.connect() as connection, connection.begin():
                shown = engine.url.render_as_string(hide_password=True)
        finally:
            engine.dispose()
    except (StoreError, SQLAlchemyError) as reason:
        yield Finding("database", Health.BROKEN, str(reason), is_given=True)
        return
    yield Finding("database", Health.OK, f"{shown} answers", is_given=True)


def key(path: Path) -> Iterator[Finding]:
    """Whether a dossier can be signed with this key."""
    try:
        load_key(path)
    except DossierError as reason:
        yield Finding("key", Health.BROKEN, str(reason), is_given=True)
        return
    yield Finding("key", Health.OK, f"{path} can sign a dossier", is_given=True)


def retailer(path: Path) -> Iterator[Finding]:
    """Whether a retailer.toml can be used, and its driver be started; it is asked nothing."""
    try:
        config = load_retailer(path)
    except SettingsError as reason:
        yield Finding("retailer.toml", Health.BROKEN, str(reason), is_given=True)
        return
    yield Finding("retailer.toml", Health.OK, f"{config.name}, driver of kind {config.driver.kind}", is_given=True)
    if config.driver.kind is DriverKind.MANUAL:
        return
    try:
        if config.driver.kind is DriverKind.HTTP:
            _reach(str(config.driver.url))
        else:
            open_driver(config).close()
    except (DriverNotStarted, OSError) as reason:
        yield Finding("driver", Health.BROKEN, str(reason), is_given=True)
        return
    yield Finding("driver", Health.OK, "it starts", is_given=True)


def _reach(url: str) -> None:
    parts = urlsplit(url)
    address = (str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80))
    try:
        socket.create_connection(address, timeout=_SECONDS).close()
    except OSError as reason:
        raise OSError(f"nobody listens at {url} ({reason}); start your system, or mend driver.url") from reason
