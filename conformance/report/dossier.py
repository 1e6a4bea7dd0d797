"""The dossier for sign-off: its report, written when a run is fit for sign-off, and its manifest.

The manifest holds the digest of every file in the dossier and is signed with the retailer's key.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from conformance.report.events import Event, RunFinished
from conformance.report.html_report import page
from conformance.report.json_report import ReportError, as_json, prepare_folder
from conformance.report.summary import Outcome, RunSummary
from simulator.domain.errors import UserError
from simulator.domain.language import Text, _

FILE_NAME = "dossier.zip"
MANIFEST, SIGNATURE, SIGNER = "manifest.json", "manifest.sig", "signer.pem"
_FORMAT = "aldis-conformance dossier 1"
_LARGEST = 1_000_000_000  # bytes of all files together; more is no dossier
_EPOCH = (2020, 1, 1, 0, 0, 0)  # of all files, so that the same run gives the same bytes

PrivateKey = ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = ed25519.Ed25519PublicKey | rsa.RSAPublicKey | ec.EllipticCurvePublicKey
_EXPECTED = "a PEM file with an Ed25519, RSA or EC key, for example of: openssl genpkey -algorithm ed25519 -out key.pem"
_COLUMNS = (
    "id", "chapter", "level", "basis", "status", "occasions", "scenarios", "text_lv", "text_en", "source", "untested",
)  # fmt: skip
_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)


class DossierError(UserError):
    """A key or a dossier cannot be used, or a dossier is not what was signed; says which part and why."""


class DossierReport:
    """A consumer that writes ``dossier.zip`` into the report's folder when the run is over and fit for sign-off.

    ``versions`` says what was run: versions, and digests of schemas and suite. Raises ReportError.
    """

    def __init__(self, report: Path, key: PrivateKey, versions: Mapping[str, object]) -> None:
        self._folder = prepare_folder(report)
        self._key = key
        self._versions = versions
        self._summary = RunSummary()

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        self._summary(event)
        if isinstance(event, RunFinished) and not self.obstacles:
            target = self._folder / FILE_NAME
            try:
                write_dossier(target, self._files(), self._about(), self._key)
            except OSError as reason:
                raise ReportError(f"{target} cannot be written: {reason.strerror or reason}; make room") from reason

    @property
    def obstacles(self) -> tuple[Text, ...]:
        """The reasons for which there can be no sign-off; none when there can be."""
        return tuple(obstacles(self._summary))

    def _about(self) -> dict[str, object]:
        started = self._summary.started
        return {
            "retailer": started.retailer if started is not None else None,
            "started_at": started.started_at.isoformat() if started is not None else None,
            "outcome": self._summary.outcome.value,
        }

    def _files(self) -> dict[str, bytes]:
        # Here and not above: every check would wait for a library that few of them need.
        from conformance.report.pdf import pdf  # noqa: PLC0415

        summary = self._summary
        return {
            "report.lv.pdf": pdf(summary, "lv"),
            "report.en.pdf": pdf(summary, "en"),
            "report.html": page(summary, "lv"),
            "report.json": json.dumps(as_json(summary, self._folder), ensure_ascii=False, indent=2).encode(),
            "requirements.csv": matrix(summary),
            "versions.json": json.dumps(self._versions, ensure_ascii=False, indent=2, sort_keys=True).encode(),
            "journals.json": json.dumps(self._journals(), ensure_ascii=False, indent=2, sort_keys=True).encode(),
        }

    def _journals(self) -> dict[str, object]:
        """Return the digest of each scenario's journal, by which a journal handed in later is recognised."""
        journals: dict[str, object] = {}
        for scenario in self._summary.scenarios:
            lines = scenario.finished.journal / "journal.jsonl" if scenario.finished.journal is not None else None
            if lines is not None and lines.is_file():
                digest = hashlib.sha256(lines.read_bytes()).hexdigest()
                journals[scenario.scenario] = {"sha256": digest, "entries": scenario.finished.entries}
        return journals


def obstacles(summary: RunSummary) -> Iterator[Text]:
    """Yield the reasons for which a run is not fit for sign-off."""
    if summary.outcome is not Outcome.PASSED:
        yield _("the check is not passed")
    if summary.started is not None and summary.started.security == "off":
        yield _('security is off; [run] security must be "username" or "certificate"')
    gaps = ", ".join(verdict.info.id for verdict in summary.gaps)
    if gaps:
        yield _("musts that were not tested: {requirements}", requirements=gaps)


def matrix(summary: RunSummary) -> bytes:
    """Return every requirement with its verdict as CSV (UTF-8 with a byte order mark, which spreadsheets ask for)."""
    scenarios: dict[str, list[str]] = {}
    for scenario in summary.scenarios:
        for judged in scenario.finished.judged:
            if judged.checked:
                scenarios.setdefault(judged.requirement, []).append(scenario.title)
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(_COLUMNS)
    for verdict in summary.verdicts:
        info = verdict.info
        row = (info.id, verdict.chapter, info.level, info.basis, verdict.status.value, verdict.checked)
        titles = "; ".join(scenarios.get(info.id, ()))
        table.writerow([*row, *map(_harmless, (titles, info.text_lv, info.text_en, info.source, info.untested or ""))])
    return text.getvalue().encode("utf-8-sig")


def _harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


# -- the manifest, its signature, and their verification


@dataclass(frozen=True, slots=True)
class Verified:
    """A dossier that nobody has changed since it was signed: its manifest, its signer and the number of its files."""

    manifest: Mapping[str, object]
    fingerprint: str
    files: int


def load_key(path: Path) -> PrivateKey:
    """Read a private key without a password from a PEM file. Raises DossierError."""
    key = _read_key(path, private=True)
    assert isinstance(key, PrivateKey)
    return key


def _read_key(path: Path, *, private: bool) -> object:
    try:
        data = path.read_bytes()
        key = (
            serialization.load_pem_private_key(data, password=None)
            if private
            else serialization.load_pem_public_key(data)
        )
    except OSError as reason:
        raise DossierError(f"{path}: cannot be read: {reason.strerror}; expected {_EXPECTED}") from reason
    except (ValueError, TypeError, UnsupportedAlgorithm) as reason:
        raise DossierError(f"{path}: is no usable key ({reason}); expected {_EXPECTED}") from reason
    if not isinstance(key, PrivateKey if private else PublicKey):
        raise DossierError(f"{path}: is a key of another kind; expected {_EXPECTED}")
    return key


def write_dossier(target: Path, files: Mapping[str, bytes], about: Mapping[str, object], key: PrivateKey) -> None:
    """Write the zip: the files, their manifest, its signature and the public key that it can be verified with."""
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    content = {"format": _FORMAT, **about, "files": digests}
    manifest = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True).encode()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in ((MANIFEST, manifest), (SIGNATURE, _sign(key, manifest)), (SIGNER, public), *files.items()):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)


def verify_dossier(path: Path, expected_key: Path | None = None) -> Verified:
    """Verify the signature and every digest; raises DossierError at the first thing that is wrong.

    With ``expected_key`` (a public key, PEM) the signer must be that one; without it, only whoever made the dossier
    is shown to have signed it, by the fingerprint.
    """
    files = _unzip(path)
    missing = [name for name in (MANIFEST, SIGNATURE, SIGNER) if name not in files]
    if missing:
        raise DossierError(f"{path}: is no dossier: {', '.join(missing)} is missing")
    public = _signer(path, files[SIGNER], expected_key)
    try:
        _check(public, files[SIGNATURE], files[MANIFEST])
    except InvalidSignature:
        raise DossierError(f"{path}: the signature does not fit the manifest: one of them was changed") from None
    manifest = _manifest(path, files[MANIFEST])
    digests = manifest["files"]
    assert isinstance(digests, dict)
    content = {name: data for name, data in files.items() if name not in (MANIFEST, SIGNATURE, SIGNER)}
    for name in sorted(content.keys() ^ digests.keys()):
        what = "is not in the manifest" if name in content else "is missing"
        raise DossierError(f"{path}: {name} {what}")
    for name, data in content.items():
        if hashlib.sha256(data).hexdigest() != digests[name]:
            raise DossierError(f"{path}: {name} was changed after signing")
    return Verified(manifest, fingerprint(public), len(content))


def _unzip(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if len(set(names)) != len(names):
                raise DossierError(f"{path}: a file stands in it twice")
            if sum(zip_info.file_size for zip_info in archive.infolist()) > _LARGEST:
                raise DossierError(f"{path}: holds more than {_LARGEST} bytes, which no dossier does")
            return {name: archive.read(name) for name in names}
    except (OSError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as reason:
        raise DossierError(f"{path}: cannot be read as a zip file: {reason}") from reason


def _signer(path: Path, data: bytes, expected: Path | None) -> PublicKey:
    try:
        signer = serialization.load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as reason:
        raise DossierError(f"{path}: {SIGNER} is no public key ({reason})") from reason
    if not isinstance(signer, PublicKey):
        raise DossierError(f"{path}: {SIGNER} is a key of another kind")
    if expected is not None:
        wanted = _read_key(expected, private=False)
        assert isinstance(wanted, PublicKey)
        if fingerprint(wanted) != fingerprint(signer):
            raise DossierError(
                f"{path}: was signed by {fingerprint(signer)}, expected was {fingerprint(wanted)} ({expected})"
            )
    return signer


def _manifest(path: Path, data: bytes) -> dict[str, object]:
    try:
        manifest = json.loads(data)
    except ValueError as reason:
        raise DossierError(f"{path}: {MANIFEST} is not JSON ({reason})") from reason
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT or not isinstance(manifest["files"], dict):
        raise DossierError(f"{path}: {MANIFEST} is not of the format {_FORMAT!r}")
    return manifest


def fingerprint(key: PublicKey) -> str:
    """Return the SHA-256 of a public key (SubjectPublicKeyInfo, DER)."""
    data = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"SHA256:{hashlib.sha256(data).hexdigest()}"


def _sign(key: PrivateKey, data: bytes) -> bytes:
    match key:
        case ed25519.Ed25519PrivateKey():
            return key.sign(data)
        case rsa.RSAPrivateKey():
            return key.sign(data, _PSS, hashes.SHA256())
        case _:
            return key.sign(data, ec.ECDSA(hashes.SHA256()))


def _check(key: PublicKey, signature: bytes, data: bytes) -> None:
    match key:
        case ed25519.Ed25519PublicKey():
            key.verify(signature, data)
        case rsa.RSAPublicKey():
            key.verify(signature, data, _PSS, hashes.SHA256())
        case _:
            key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
