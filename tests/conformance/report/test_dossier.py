"""The dossier: written only when all is shown, and nothing in it can be changed unnoticed."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519

from conformance.report.dossier import DossierError, DossierReport, load_key, matrix, obstacles, verify_dossier
from conformance.report.events import Event, RequirementInfo
from conformance.report.pdf import pdf
from tests.conformance.report.runs import fold, info, judged, run, scenario


def _requirements(*more: RequirementInfo) -> list[RequirementInfo]:
    return [info("PAY-01"), info("DIT-01"), *more]


def good_run(**changes: object) -> list[Event]:
    return run(
        scenario("month", judged("PAY-01", 2), judged("DIT-01")),
        requirements=_requirements(),
        **{"security": "certificate", **changes},
    )


def key_file(folder: Path, key: object = None, name: str = "key.pem") -> Path:
    signing_key = key or ed25519.Ed25519PrivateKey.generate()
    path = folder / name
    path.write_bytes(
        signing_key.private_bytes(  # type: ignore[attr-defined]
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return path


def public_file(folder: Path, private: Path) -> Path:
    path = folder / "public.pem"
    path.write_bytes(
        load_key(private)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return path


def write(folder: Path, events: Iterable[Event], key: Path | None = None) -> Path:
    report = DossierReport(folder / "report", load_key(key or key_file(folder)), {"suite": "0.1.0"})
    for event in events:
        report(event)
    return folder / "report" / "dossier.zip"


def changed(dossier: Path, change: Callable[[dict[str, bytes]], object]) -> None:
    with zipfile.ZipFile(dossier) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    with zipfile.ZipFile(dossier, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def test_a_good_run_is_packed_signed_and_verified(tmp_path: Path) -> None:
    key = key_file(tmp_path)
    dossier = write(tmp_path, good_run(), key)
    verified = verify_dossier(dossier, public_file(tmp_path, key))
    assert verified.manifest["retailer"] == "Paraugs Enerģija"
    assert verified.fingerprint.startswith("SHA256:")
    with zipfile.ZipFile(dossier) as archive:
        names = set(archive.namelist())
        assert archive.read("report.lv.pdf").startswith(b"%PDF-")
        assert json.loads(archive.read("versions.json")) == {"suite": "0.1.0"}
    assert {"report.html", "report.json", "report.en.pdf", "requirements.csv", "journals.json", "manifest.sig"} <= names
    assert verified.files == len(names) - 3


@pytest.mark.parametrize(
    "key",
    [
        lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
        lambda: ec.generate_private_key(ec.SECP256R1()),
    ],
)
def test_other_keys(key: Callable[[], object], tmp_path: Path) -> None:
    assert verify_dossier(write(tmp_path, good_run(), key_file(tmp_path, key()))).files == 7


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda files: files.update({"report.html": b"<p>passed"}), "report.html was changed after signing"),
        (lambda files: files.update({"more.txt": b""}), "more.txt is not in the manifest"),
        (lambda files: files.pop("requirements.csv"), "requirements.csv is missing"),
        (lambda files: files.update({"manifest.json": files["manifest.json"] + b" "}), "does not fit the manifest"),
        (lambda files: files.update({"manifest.sig": b"0" * 64}), "does not fit the manifest"),
        (lambda files: files.pop("manifest.sig"), "is no dossier"),
        (lambda files: files.update({"signer.pem": b"who?"}), "is no public key"),
    ],
)
def test_whatever_was_changed_is_noticed(
    change: Callable[[dict[str, bytes]], object], says: str, tmp_path: Path
) -> None:
    dossier = write(tmp_path, good_run())
    changed(dossier, change)
    with pytest.raises(DossierError, match=says):
        verify_dossier(dossier)


def test_another_signer_is_noticed(tmp_path: Path) -> None:
    dossier = write(tmp_path, good_run())
    stranger = public_file(tmp_path, key_file(tmp_path, name="other.pem"))
    with pytest.raises(DossierError, match="was signed by SHA256:"):
        verify_dossier(dossier, stranger)


@pytest.mark.parametrize("data", [b"", b"not a zip", b"PK\x03\x04" + b"\x00" * 50])
def test_what_is_no_zip(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "dossier.zip").write_bytes(data)
    with pytest.raises(DossierError, match="cannot be read as a zip file"):
        verify_dossier(tmp_path / "dossier.zip")


@pytest.mark.parametrize(
    ("events", "says"),
    [
        (good_run(security="off"), "security is off"),
        (run(scenario("m", judged("PAY-01")), requirements=_requirements(), security="certificate"), "DIT-01"),
        (run(requirements=_requirements(), security="certificate"), "the check is not passed"),
        (
            run(
                scenario("m", judged("PAY-01", 1, 1), judged("DIT-01")),
                requirements=_requirements(),
                security="certificate",
            ),
            "the check is not passed",
        ),
    ],
)
def test_without_all_that_is_needed_there_is_no_dossier(events: list[Event], says: str, tmp_path: Path) -> None:
    assert not write(tmp_path, events).exists()
    sentences = list(obstacles(fold(events)))
    assert any(says in obstacle.in_language("en") for obstacle in sentences)
    assert all(obstacle.in_language("lv") != obstacle.in_language("en") for obstacle in sentences)


def test_what_cannot_be_tested_is_no_obstacle() -> None:
    untestable = RequirementInfo(
        "CAL-03", "must", "Prasība.", "Requirement.", "-", "-", "documented", "BVKB", "no access"
    )
    events = run(
        scenario("m", judged("PAY-01"), judged("DIT-01")), requirements=_requirements(untestable), security="username"
    )
    assert not list(obstacles(fold(events)))


def test_the_matrix_has_every_requirement_and_no_formula() -> None:
    summary = fold(
        run(
            scenario("month", judged("PAY-01", 2)),
            requirements=[
                *_requirements(),
                RequirementInfo("PAY-02", "must", "=1+1", "@x", "-", "-", "documented", "+", None),
            ],
        )
    )
    rows = list(csv.DictReader(io.StringIO(matrix(summary).decode("utf-8-sig"))))
    assert [row["id"] for row in rows] == ["PAY-01", "DIT-01", "PAY-02"]
    assert rows[0]["occasions"] == "2"
    assert rows[0]["scenarios"] == "The month"
    assert rows[2]["text_lv"] == "'=1+1"


@pytest.mark.parametrize("language", ["lv", "en"])
def test_the_same_run_gives_the_same_pdf(language: str) -> None:
    summary = fold(run(scenario("month", judged("PAY-01", 3, broken=2), judged("DIT-01", 2))))
    assert pdf(summary, language) == pdf(summary, language)
    assert len(pdf(summary, language)) > 10_000


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"no key", "is no usable key"), (None, "cannot be read"), ("x25519", "is a key of another kind")],
)
def test_a_key_that_cannot_be_used_is_explained(content: object, says: str, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "x25519":
        key_file(tmp_path, x25519.X25519PrivateKey.generate())
    with pytest.raises(DossierError, match=says):
        load_key(path)
