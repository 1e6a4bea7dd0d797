"""Keys, certificates and passwords of a simulator, and the users of its STS.

They are created at the first start in a folder of the simulator, and read from there later:

==================  ==========================================================================================
``ca.pem``          the simulator's own authority: what a client has to trust
``truststore.p12``  the authority for Java; password ``aldis``
``server.*``        the TLS server's certificate and key
``sts.*``           the certificate and key with which the STS signs tokens
``service.*``       the certificate and key of DIT's service, for which tokens and their keys are encrypted
``users.toml``      user name = password, for usernamemixed; it may be edited while the simulator does not run
``clients/``        ``<user>.pem``: certificates that identify users at certificatemixed; those created here have
                    the key beside them (``.key``, and ``.p12`` with password ``aldis``)
==================  ==========================================================================================

The keys are of use with this simulator only, and are no part of the project. They are all assumed: a client's
configuration does not depend on the form of the real service's certificates.
"""

from __future__ import annotations

import fcntl
import ipaddress
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from simulator.domain.errors import UserError
from simulator.settings import SettingsError, Text, read

STORE_PASSWORD = b"aldis"
"""Password of the PKCS #12 files, which Java and .NET require; the same keys lie beside them without one."""

_VALIDITY = timedelta(days=3650)
_KEY_BITS = 2048
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class MaterialError(UserError):
    """The folder of keys cannot be used; the message names the file, the cause and the remedy."""


@dataclass(frozen=True, slots=True)
class Account:
    """A DIT user at the STS; ``authority`` is the id of 6 digits, ``organisation`` the authority's name."""

    user: str
    authority: str
    organisation: str


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate and its private key."""

    key: RSAPrivateKey
    certificate: x509.Certificate

    @property
    def key_pem(self) -> bytes:
        """The private key as PEM (PKCS #8), without a password."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def certificate_pem(self) -> bytes:
        """The certificate as PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)


@dataclass(frozen=True, slots=True)
class Material:
    """The content of the folder of keys; ``clients`` are user names by the DER of their certificates."""

    folder: Path
    sts: Identity
    service: Identity
    passwords: dict[str, str]
    clients: dict[bytes, str]

    @property
    def authority(self) -> Path:
        """Path of the certificate that clients have to trust."""
        return self.folder / "ca.pem"

    @property
    def server_certificate(self) -> Path:
        """Path of the TLS server's certificate."""
        return self.folder / "server.pem"

    @property
    def server_key(self) -> Path:
        """Path of the TLS server's key."""
        return self.folder / "server.key"


def open_material(folder: Path, users: Iterable[str], hosts: Iterable[str] = ()) -> Material:
    """Read the folder of keys, and create what is missing: for each of the users a password and a certificate.

    ``hosts`` are further names or addresses of the server, besides loopback. Raises MaterialError.
    """
    names = sorted(set(users))
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _locked(folder):
            authority = _authority(folder)
            _server(folder, authority, (*_LOOPBACK, *hosts))
            sts = _identity(folder / "sts", authority, "aldis-conformance STS")
            service = _identity(folder / "service", authority, "aldis-conformance DIT")
            passwords = _passwords(folder / "users.toml", names)
            clients = _clients(folder / "clients", authority, names)
    except OSError as reason:
        raise MaterialError(
            f"the keys in {folder} cannot be read or made: {reason.strerror or reason}; choose another folder "
            "with --data"
        ) from reason
    return Material(folder=folder, sts=sts, service=service, passwords=passwords, clients=clients)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock the folder, so that two simulators that start in it at once do not create two authorities."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _authority(folder: Path) -> Identity:
    authority = _load(folder / "ca")
    if authority is None:
        key = _new_key()
        name = _name("aldis-conformance test authority")
        builder = _builder(name, name, key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        authority = Identity(key, builder.sign(key, hashes.SHA256()))
        _save(folder / "ca", authority)
    store = folder / "truststore.p12"
    if not store.exists():
        entry = pkcs12.PKCS12Certificate(authority.certificate, b"aldis")
        data = pkcs12.serialize_java_truststore([entry], serialization.BestAvailableEncryption(STORE_PASSWORD))
        _write(store, data, 0o644)
    return authority


def _server(folder: Path, authority: Identity, hosts: tuple[str, ...]) -> None:
    wanted = {_general_name(host) for host in hosts}
    server = _load(folder / "server")
    if server is not None:
        names = server.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if wanted <= set(names):
            return
        wanted |= set(names)
    key = server.key if server is not None else _new_key()
    names = x509.SubjectAlternativeName(sorted(wanted, key=repr))
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    builder = _leaf("localhost", authority, key).add_extension(names, critical=False)
    _save(folder / "server", _signed(builder.add_extension(usage, critical=False), authority, key))


def _identity(stem: Path, authority: Identity, name: str) -> Identity:
    identity = _load(stem)
    if identity is None:
        key = _new_key()
        identity = _signed(_leaf(name, authority, key), authority, key)
        _save(stem, identity)
    return identity


def _passwords(path: Path, users: list[str]) -> dict[str, str]:
    passwords = _read_passwords(path) if path.exists() else {}
    missing = [user for user in users if user not in passwords]
    if missing:
        passwords |= {user: secrets.token_urlsafe(12) for user in missing}
        head = "# Passwords of DIT users at this simulator's STS (usernamemixed). Change them, then start anew.\n"
        lines = [f'"{_escaped(user)}" = "{_escaped(password)}"\n' for user, password in passwords.items()]
        _write(path, (head + "".join(lines)).encode(), 0o600)
    return passwords


def _read_passwords(path: Path) -> dict[str, str]:
    passwords: Any = Mapping[str, Text]
    try:
        return cast("dict[str, str]", read(path, passwords))
    except SettingsError as reason:
        raise MaterialError(f"{reason}; correct it, or delete it and new passwords are made") from None


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _clients(folder: Path, authority: Identity, users: list[str]) -> dict[bytes, str]:
    folder.mkdir(mode=0o700, exist_ok=True)
    for user in users:
        stem = folder / user
        if not stem.with_name(f"{user}.pem").exists():
            key = _new_key()
            identity = _signed(_leaf(user, authority, key), authority, key)
            _save(stem, identity)
            data = pkcs12.serialize_key_and_certificates(
                user.encode(),
                key,
                identity.certificate,
                [authority.certificate],
                serialization.BestAvailableEncryption(STORE_PASSWORD),
            )
            _write(folder / f"{user}.p12", data, 0o600)
    users_by_certificate: dict[bytes, str] = {}
    for path in sorted(folder.glob("*.pem")):
        for certificate in _certificates(path):
            users_by_certificate[certificate.public_bytes(serialization.Encoding.DER)] = path.stem
    return users_by_certificate


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except ValueError as reason:
        raise MaterialError(
            f"{path} holds no certificate in PEM: {reason}; put one there (-----BEGIN CERTIFICATE-----), or take the "
            "file away"
        ) from reason


def _load(stem: Path) -> Identity | None:
    paths = stem.with_name(f"{stem.name}.pem"), stem.with_name(f"{stem.name}.key")
    if not any(path.exists() for path in paths):
        return None
    try:
        certificate = x509.load_pem_x509_certificate(paths[0].read_bytes())
        key = serialization.load_pem_private_key(paths[1].read_bytes(), password=None)
    except (ValueError, TypeError, FileNotFoundError) as reason:
        raise MaterialError(
            f"{paths[0]} and {paths[1].name} are not a certificate and its key: {reason}; delete the whole folder "
            "and it is made anew (clients then have to trust the new ca.pem)"
        ) from reason
    if not isinstance(key, RSAPrivateKey):
        raise MaterialError(f"{paths[1]} is not an RSA key, which XML signatures of this service need")
    return Identity(key, certificate)


def _save(stem: Path, identity: Identity) -> None:
    # The certificate last: a folder in which only the key was written is then refused with a message.
    _write(stem.with_name(f"{stem.name}.key"), identity.key_pem, 0o600)
    _write(stem.with_name(f"{stem.name}.pem"), identity.certificate_pem, 0o644)


def _write(path: Path, data: bytes, mode: int) -> None:
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
    part.replace(path)


def _new_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=_KEY_BITS)


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "aldis-conformance simulator"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _builder(subject: x509.Name, issuer: x509.Name, key: RSAPrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)  # TLS uses the clocks of the machines, not simulated time
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _VALIDITY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _leaf(common: str, authority: Identity, key: RSAPrivateKey) -> x509.CertificateBuilder:
    builder = _builder(_name(common), authority.certificate.subject, key)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    return (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(issuer, critical=False)
        .add_extension(_usage(digital_signature=True, key_encipherment=True), critical=True)
    )


def _signed(builder: x509.CertificateBuilder, authority: Identity, key: RSAPrivateKey) -> Identity:
    return Identity(key, builder.sign(authority.key, hashes.SHA256()))


def _usage(**on: bool) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: on.get(name, False) for name in names})


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
