"""What a user names: each usable, and not."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from conformance import doctor
from conformance.doctor import Health
from simulator.store import Store

HEAD = '[retailer]\nname = "Paraugs"\nregistration_number = "40009990008"\nauthority = "100777"\n[driver]\n'


def _retailer(folder: Path, driver: str) -> Path:
    path = folder / "retailer.toml"
    path.write_text(HEAD + driver, encoding="utf-8")
    return path


def test_a_data_folder(tmp_path: Path) -> None:
    (new,) = doctor.data_folder(tmp_path / "new")
    assert new.health is Health.OK
    assert not (tmp_path / "new").exists()
    Store.open(tmp_path / "used").close()
    (used,) = doctor.data_folder(tmp_path / "used")
    assert used.health is Health.OK
    (tmp_path / "used" / "aldis.sqlite3").write_bytes(b"nonsense" * 1000)
    (damaged,) = doctor.data_folder(tmp_path / "used")
    assert damaged.health is Health.BROKEN
    (tmp_path / "file").write_text("")
    (no_folder,) = doctor.data_folder(tmp_path / "file" / "data")
    assert no_folder.health is Health.BROKEN
    assert "choose another" in no_folder.text


@pytest.mark.parametrize(
    ("days", "health", "says"),
    [(365, Health.OK, "is valid until"), (3, Health.CAUTION, "expires on"), (-1, Health.BROKEN, "expired on")],
)
def test_certificates_beside_the_data(days: int, health: Health, says: str, tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    key, name = generate_private_key(SECP256R1()), x509.Name([])
    end = datetime.now(UTC) + timedelta(days=days)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(end - timedelta(days=400))
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "server.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    _, finding = doctor.data_folder(tmp_path)
    assert finding.health is health
    assert says in finding.text
    (tmp_path / "keys" / "server.pem").write_text("nonsense")
    _, unreadable = doctor.data_folder(tmp_path)
    assert unreadable.health is Health.BROKEN


def test_a_database(tmp_path: Path) -> None:
    (sound,) = doctor.database(f"sqlite:///{tmp_path}/there.sqlite3")
    assert sound.health is Health.OK
    for url, says in (
        ("nonsense://host/name", "no usable database address"),
        (f"sqlite:///{tmp_path}/no/such/folder.sqlite3", "unable to open"),
    ):
        (broken,) = doctor.database(url)
        assert broken.health is Health.BROKEN
        assert says in broken.text


def test_a_password_is_not_shown() -> None:
    (finding,) = doctor.database("sqlite://user:geheim@/:memory:")
    assert "geheim" not in finding.text


def test_a_key(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(
        generate_private_key(SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    (sound,) = doctor.key(path)
    assert sound.health is Health.OK
    path.write_text("nonsense")
    (broken,) = doctor.key(path)
    assert broken.health is Health.BROKEN


def test_a_driver_that_starts(tmp_path: Path) -> None:
    findings = [*doctor.retailer(_retailer(tmp_path, 'kind = "command"\ncommand = ["cat"]\ntimeout = 0.1\n'))]
    assert [(finding.subject, finding.health) for finding in findings] == [
        ("retailer.toml", Health.OK),
        ("driver", Health.OK),
    ]
    assert len([*doctor.retailer(_retailer(tmp_path, 'kind = "manual"\n'))]) == 1  # a person starts by himself


def test_a_driver_behind_an_address(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        driver = f'kind = "http"\nurl = "http://127.0.0.1:{port}/"\n'
        _, listens = doctor.retailer(_retailer(tmp_path, driver))
    assert listens.health is Health.OK
    _, gone = doctor.retailer(_retailer(tmp_path, driver))
    assert gone.health is Health.BROKEN
    assert "nothing listens" in gone.text


def test_what_of_a_retailer_cannot_be_used(tmp_path: Path) -> None:
    _, missing = doctor.retailer(_retailer(tmp_path, 'kind = "command"\ncommand = ["/no/such/program"]\n'))
    assert missing.health is Health.BROKEN
    assert "/no/such/program" in missing.text
    (wrong,) = doctor.retailer(_retailer(tmp_path, 'kind = "pigeon"\n'))
    assert wrong.health is Health.BROKEN
    (nowhere,) = doctor.retailer(tmp_path / "nowhere.toml")
    assert nowhere.is_given
