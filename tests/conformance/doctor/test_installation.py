"""What the installation is looked at for; each is shown both sound and not."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance import doctor
from conformance.doctor import Health
from simulator.settings.files import data_root


def test_a_sound_installation_is_found_sound() -> None:
    findings = [
        *doctor.interpreter(),
        *doctor.services(),
        *doctor.data_files(),
        *doctor.tls(),
        *doctor.optional(),
    ]
    assert [finding for finding in findings if finding.health is not Health.OK] == []
    assert {finding.subject for finding in findings} >= {"Python", "SOAP services", "data files", "certificates"}


@pytest.mark.parametrize("running", [(3, 10), (3, 14), (4, 0)])
def test_an_interpreter_that_is_not_supported(running: tuple[int, int]) -> None:
    (finding,) = doctor.interpreter(running)
    assert finding.health is Health.BROKEN
    assert "install Python 3.11, 3.12 or 3.13" in finding.text


def test_a_package_that_is_missing_or_too_old_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    needs = ["lxml>=999", "no-such-package-at-all>=1", "click>=8", "absent; python_version < '3'"]
    monkeypatch.setattr(doctor, "requires", lambda name: needs)
    (finding,) = doctor.packages()
    assert finding.health is Health.BROKEN
    assert f"lxml is {importlib.metadata.version('lxml')}, not lxml>=999" in finding.text
    assert "no-such-package-at-all is missing" in finding.text
    assert "click" not in finding.text
    assert "absent" not in finding.text


def test_a_checkout_that_was_never_installed_is_a_caution() -> None:
    (finding,) = doctor.packages("no-such-distribution-at-all")
    assert finding.health is Health.CAUTION
    assert "pip install" in finding.text


def test_services_that_do_not_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "simulator.soap.services", raising=False)
    monkeypatch.setitem(sys.modules, "simulator.soap.services", None)
    monkeypatch.delattr("simulator.soap.services", raising=False)
    (finding,) = doctor.services()
    assert finding.health is Health.BROKEN
    assert "cannot be loaded" in finding.text


def test_data_files_that_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str = "", *, against_schemas: bool = False) -> Any:
        raise FileNotFoundError("the folder schemas/ is missing from this installation")

    monkeypatch.setattr(doctor, "load_profile", missing)
    (finding,) = doctor.data_files()
    assert finding.health is Health.BROKEN
    assert "schemas/ is missing" in finding.text


def test_a_profile_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("nonsense", encoding="utf-8")
    _, broken = doctor.data_files(str(path))
    assert (broken.subject, broken.health, broken.is_given) == ("profile", Health.BROKEN, True)
    assert "own.toml" in broken.text
    _, sound = doctor.data_files(str(data_root("schemas") / "profiles" / "reconstruction.toml"))
    assert sound.health is Health.OK


def test_no_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> Path:
        raise ValueError("this OpenSSL forbids it")

    monkeypatch.setattr(doctor, "_temporary_certificate", refuse)
    (finding,) = doctor.tls()
    assert finding.health is Health.BROKEN
    assert "this OpenSSL forbids it" in finding.text
