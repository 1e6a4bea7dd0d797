"""The installation itself: interpreter, packages, data files, TLS."""

from __future__ import annotations

import ipaddress
import platform
import ssl
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.x509.oid import NameOID
from packaging.requirements import Requirement

from conformance.doctor.finding import Finding, Health
from conformance.requirements.catalogue import load as load_requirements
from simulator.documents.profile import load_profile, profile_names
from simulator.settings import SettingsError

DISTRIBUTION = "aldis-conformance"
_OLDEST, _TOO_NEW = (3, 11), (3, 14)


def interpreter(running: tuple[int, int] = sys.version_info[:2]) -> Iterator[Finding]:
    """Whether this Python is one that is supported."""
    health = Health.OK if _OLDEST <= running < _TOO_NEW else Health.BROKEN
    wanted = "" if health is Health.OK else "; install Python 3.11, 3.12 or 3.13 and make the environment anew"
    yield Finding("Python", health, f"{platform.python_version()} at {sys.executable}{wanted}")


def packages(distribution: str = DISTRIBUTION) -> Iterator[Finding]:
    """Whether all packages that ours needs are there, in versions that it can use."""
    try:
        needed = [Requirement(each) for each in requires(distribution) or ()]
    except PackageNotFoundError:
        yield Finding(
            "packages",
            Health.CAUTION,
            f"{distribution} runs without being installed, so nobody knows whether all that it needs is there; "
            "pip install . makes sure of it",
        )
        return
    bad = [each for each in map(_unmet, needed) if each]
    if bad:
        yield Finding("packages", Health.BROKEN, f"{'; '.join(bad)}; run pip install again")
    else:
        yield Finding("packages", Health.OK, f"{distribution} {version(distribution)} and {len(needed)} others")


def _unmet(needed: Requirement) -> str | None:
    if needed.marker is not None and not needed.marker.evaluate():
        return None
    try:
        found = version(needed.name)
    except PackageNotFoundError:
        return f"{needed.name} is missing"
    return None if needed.specifier.contains(found, prereleases=True) else f"{needed.name} is {found}, not {needed}"


def services() -> Iterator[Finding]:
    """Whether the SOAP services can be loaded: Spyne is old, and newer interpreters need a shim for it."""
    from lxml import etree  # noqa: PLC0415 - what may fail is asked for here

    try:
        from simulator.soap import services as loaded  # noqa: PLC0415
    except Exception as reason:  # noqa: BLE001 - whatever keeps it from loading is the finding
        yield Finding("SOAP services", Health.BROKEN, f"they cannot be loaded: {type(reason).__name__}: {reason}")
        return
    libxml = ".".join(map(str, etree.LIBXML_VERSION))
    yield Finding("SOAP services", Health.OK, f"{loaded.__name__} with libxml2 {libxml}")


def data_files(profile: str | None = None) -> Iterator[Finding]:
    """Whether profiles, schemas and catalogue are there and can be read; ``profile`` is one of the user's."""
    try:
        for name in profile_names():
            load_profile(name, against_schemas=True)
        rules = len(load_requirements())
        yield Finding("data files", Health.OK, f"{', '.join(profile_names())}; {rules} requirements")
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
    """Whether certificates can be made and trusted here: one is made, and a client that trusts it shakes hands."""
    try:
        with TemporaryDirectory(prefix="aldis-") as folder:
            certificate = _throw_away(Path(folder))
            _shake_hands(certificate)
    except (OSError, ValueError) as reason:
        yield Finding("certificates", Health.BROKEN, f"no TLS with a certificate of our own making: {reason}")
        return
    yield Finding("certificates", Health.OK, f"made, served and trusted with {ssl.OPENSSL_VERSION}")


def _throw_away(folder: Path) -> Path:
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
        waiting = [each for each in waiting if not _goes_on(each)]
    if waiting:
        raise OSError("the handshake did not come to an end")


def _goes_on(side: ssl.SSLObject) -> bool:
    try:
        side.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def optional() -> Iterator[Finding]:
    """What only some runs need."""
    if find_spec("psycopg") is None:
        yield Finding("PostgreSQL", Health.OK, "no driver (psycopg); only --database postgresql+psycopg://... needs it")
