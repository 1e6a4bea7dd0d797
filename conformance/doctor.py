"""Checks of ``aldis doctor``: a function for each, which yields its findings.

They check the installation (interpreter, packages, data files, TLS), the machine (ports, loopback, proxies, disk
space), and the things that the user names (a data folder, a database, a key, a retailer.toml). A finding distinguishes
the last from the others, because only they are the user's to correct.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import platform
import shutil
import socket
import ssl
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.x509.oid import NameOID
from packaging.requirements import Requirement
from sqlalchemy.exc import SQLAlchemyError

from conformance.report.dossier import DossierError, load_key
from conformance.requirements.catalogue import load as load_requirements
from conformance.retailers.config import DriverKind, load_retailer
from conformance.retailers.opening import open_driver
from conformance.retailers.protocol import DriverNotStarted
from simulator.documents.profile import load_profile, profile_names
from simulator.domain.clock import RIGA, Clock
from simulator.http.server import Server, ServerError
from simulator.http.simulation import Simulation, SimulationFailed
from simulator.settings import SettingsError
from simulator.store import Store, StoreError
from simulator.store.engine import open_engine
from simulator.store.store import DATABASE_FILE
from simulator.world.file import load_world

DISTRIBUTION = "aldis-conformance"
LARGEST_MESSAGE = 500 * 1000 * 1000
"""Size of the largest message in bytes: VRAA, DIT integration instruction v1.09, section 2.4 (documented)."""

_OLDEST_PYTHON, _FIRST_UNSUPPORTED_PYTHON = (3, 11), (3, 14)
_SOON = timedelta(days=30)
_CONNECT_SECONDS = 5.0  # wall
_WSDL = "/dit/v1-2/MessageService?wsdl"
_WSDL_SECONDS = 30.0  # wall


class Health(StrEnum):
    """Result of a check: usable, usable with a caution, or not usable."""

    OK = "ok"
    CAUTION = "caution"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one check: its subject, and a sentence that states the result and what to do.

    ``is_given`` is True for a thing that the user named (a file, an address, a database), not the installation.
    """

    subject: str
    health: Health
    text: str
    is_given: bool = False


# ---- the installation


def interpreter(running: tuple[int, int] = sys.version_info[:2]) -> Iterator[Finding]:
    """Check that this version of Python is supported."""
    health = Health.OK if _OLDEST_PYTHON <= running < _FIRST_UNSUPPORTED_PYTHON else Health.BROKEN
    wanted = "" if health is Health.OK else "; install Python 3.11, 3.12 or 3.13 and create the environment again"
    yield Finding("Python", health, f"{platform.python_version()} at {sys.executable}{wanted}")


def packages(distribution: str = DISTRIBUTION) -> Iterator[Finding]:
    """Check that the packages that a distribution requires are installed, in the versions that it requires."""
    try:
        needed = [Requirement(require) for require in requires(distribution) or ()]
    except PackageNotFoundError:
        yield Finding(
            "packages",
            Health.CAUTION,
            f"{distribution} runs without being installed, so its packages are not known; pip install . installs them",
        )
        return
    unmet = [problem for problem in map(_unmet, needed) if problem]
    if unmet:
        yield Finding("packages", Health.BROKEN, f"{'; '.join(unmet)}; run pip install again")
    else:
        yield Finding("packages", Health.OK, f"{distribution} {version(distribution)} and {len(needed)} others")


def _unmet(needed: Requirement) -> str | None:
    if needed.marker is not None and not needed.marker.evaluate():
        return None
    try:
        installed = version(needed.name)
    except PackageNotFoundError:
        return f"{needed.name} is missing"
    if needed.specifier.contains(installed, prereleases=True):
        return None
    return f"{needed.name} is {installed}, not {needed}"


def services() -> Iterator[Finding]:
    """Check that the SOAP services can be loaded: Spyne is old, and newer interpreters need a shim for it."""
    from lxml import etree  # noqa: PLC0415 - its failure is a finding

    try:
        from simulator.soap import services as loaded  # noqa: PLC0415
    except Exception as reason:  # noqa: BLE001 - any exception is a finding
        yield Finding("SOAP services", Health.BROKEN, f"they cannot be loaded: {type(reason).__name__}: {reason}")
        return
    libxml = ".".join(map(str, etree.LIBXML_VERSION))
    yield Finding("SOAP services", Health.OK, f"{loaded.__name__} with libxml2 {libxml}")


def data_files(profile: str | None = None) -> Iterator[Finding]:
    """Check that profiles, schemas and requirements can be read, and the user's ``profile``, a name or file."""
    try:
        for name in profile_names():
            load_profile(name, against_schemas=True)
        count = len(load_requirements())
        yield Finding("data files", Health.OK, f"{', '.join(profile_names())}; {count} requirements")
    except (SettingsError, OSError) as reason:
        yield Finding("data files", Health.BROKEN, f"{reason}; install {DISTRIBUTION} again")
    if profile is not None:
        try:
            loaded = load_profile(profile)
        except SettingsError as reason:
            yield Finding("profile", Health.BROKEN, str(reason), is_given=True)
        else:
            yield Finding("profile", Health.OK, f"{loaded.name} at {loaded.path}", is_given=True)


def tls() -> Iterator[Finding]:
    """Check that certificates can be created and trusted: do a handshake with a client that trusts a new one."""
    try:
        with TemporaryDirectory(prefix="aldis-") as folder:
            certificate = _temporary_certificate(Path(folder))
            _shake_hands(certificate)
    except (OSError, ValueError) as reason:
        yield Finding("certificates", Health.BROKEN, f"TLS with a new certificate does not work: {reason}")
        return
    yield Finding("certificates", Health.OK, f"made, served and trusted with {ssl.OPENSSL_VERSION}")


def _temporary_certificate(folder: Path) -> Path:
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "aldis doctor")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "both.pem"
    key_bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(key_bytes + certificate.public_bytes(serialization.Encoding.PEM))
    return path


def _shake_hands(certificate: Path) -> None:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = serving.wrap_bio(to_server, to_client, server_side=True)
    client = ssl.create_default_context(cafile=str(certificate)).wrap_bio(
        to_client, to_server, server_hostname="127.0.0.1"
    )
    waiting = [client, server]
    for _ in range(10):
        waiting = [ssl_object for ssl_object in waiting if not _has_finished(ssl_object)]
    if waiting:
        raise OSError("the handshake did not end")


def _has_finished(side: ssl.SSLObject) -> bool:
    try:
        side.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def optional() -> Iterator[Finding]:
    """Check the packages that only some runs need."""
    if find_spec("psycopg") is None:
        yield Finding("PostgreSQL", Health.OK, "no driver (psycopg); only --database postgresql+psycopg://... needs it")


# ---- the machine


def port(name: str, number: int, host: str = "127.0.0.1") -> Iterator[Finding]:
    """Check that a default port of the simulator is free."""
    subject = f"port {number}"
    try:
        with socket.create_server((host, number)):
            pass
    except OSError as reason:
        why = "in use" if reason.errno == errno.EADDRINUSE else f"not available: {reason.strerror}"
        yield Finding(subject, Health.CAUTION, f"{host}:{number} ({name}) is {why}; choose another, or 0 for any")
    else:
        yield Finding(subject, Health.OK, f"{host}:{number} ({name}) is free")


def loopback() -> Iterator[Finding]:
    """Check that a simulator can be started and answers: fetch its WSDL like a client."""
    try:
        size = _fetch_wsdl()
    except (ServerError, SimulationFailed, StoreError, OSError) as reason:
        yield Finding("simulator", Health.BROKEN, f"one that was started here could not be reached: {reason}")
        return
    yield Finding("simulator", Health.OK, f"one that was started here answers; its WSDL has {size} bytes")


def _fetch_wsdl() -> int:
    world = load_world("town")
    simulation = Simulation.open(
        world=world, profile=load_profile(), clock=Clock.frozen(datetime.combine(world.start, time(8), RIGA))
    )
    try:
        server = Server(simulation)
        server.start()
        try:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(server.base_url + _WSDL, timeout=_WSDL_SECONDS) as reply:
                return len(reply.read())
        finally:
            server.stop()
    finally:
        simulation.close()


def proxies(environment: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Check that no environment variable sends calls for 127.0.0.1 to a proxy."""
    names = [name for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY") if environment.get(name)]
    excluded = ",".join(environment.get(name, "") for name in ("no_proxy", "NO_PROXY")).replace(" ", "").split(",")
    if names and not {"127.0.0.1", "*"} & set(excluded):
        yield Finding(
            "proxy",
            Health.CAUTION,
            f"{names[0]} is set, and NO_PROXY does not name 127.0.0.1: a retailer's program may look for the simulator "
            "behind that proxy; set NO_PROXY=127.0.0.1,localhost",
        )
    else:
        yield Finding("proxy", Health.OK, "no variable sends calls for 127.0.0.1 to a proxy")


def room(folder: Path | None = None) -> Iterator[Finding]:
    """Check that the folder of temporary files has room for the largest message."""
    place = folder or Path(tempfile.gettempdir())
    try:
        free = shutil.disk_usage(place).free
    except OSError as reason:
        yield Finding("room", Health.BROKEN, f"{place} cannot be used: {reason.strerror}; set TMPDIR to another folder")
        return
    text = f"{free / 1e9:.1f} GB are free in {place}"
    if free < 2 * LARGEST_MESSAGE:
        text += "; the largest message has 0.5 GB and is kept twice while it is received. Make room, or set TMPDIR"
        yield Finding("room", Health.CAUTION, text)
    else:
        yield Finding("room", Health.OK, text)


# ---- things that the user names


def data_folder(folder: Path) -> Iterator[Finding]:
    """Check that a simulator can keep its data in a folder, and its certificates; creates nothing in a new folder."""
    if not (folder / DATABASE_FILE).exists():
        place = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
        usable = os.access(place, os.W_OK | os.X_OK) and place.is_dir()
        text = f"{folder} can be used; no simulator has run there yet"
        if not usable:
            text = f"{place} is not a folder that you may write to; choose another"
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
    """Check the certificates that a simulator with security keeps beside its data."""
    now = datetime.now(UTC)
    for path in sorted(folder.rglob("*.pem")):
        try:
            certificates = x509.load_pem_x509_certificates(path.read_bytes())
        except (OSError, ValueError) as reason:
            yield Finding("certificates", Health.BROKEN, f"{path} cannot be read: {reason}", is_given=True)
            continue
        end = min(certificate.not_valid_after_utc for certificate in certificates)
        if end <= now:
            text = f"{path} expired on {end:%Y-%m-%d}; remove it, and aldis serve makes another"
            yield Finding("certificates", Health.BROKEN, text, is_given=True)
        elif end <= now + _SOON:
            yield Finding("certificates", Health.CAUTION, f"{path} expires on {end:%Y-%m-%d}", is_given=True)
        else:
            yield Finding("certificates", Health.OK, f"{path} is valid until {end:%Y-%m-%d}", is_given=True)


def database(url: str) -> Iterator[Finding]:
    """Check that a database answers; creates nothing in it."""
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
    """Check that a dossier can be signed with a key."""
    try:
        load_key(path)
    except DossierError as reason:
        yield Finding("key", Health.BROKEN, str(reason), is_given=True)
        return
    yield Finding("key", Health.OK, f"{path} can sign a dossier", is_given=True)


def retailer(path: Path) -> Iterator[Finding]:
    """Check that a retailer.toml can be read and its driver started; sends the driver no request."""
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
        socket.create_connection(address, timeout=_CONNECT_SECONDS).close()
    except OSError as reason:
        raise OSError(f"nothing listens at {url} ({reason}); start your system, or correct driver.url") from reason
