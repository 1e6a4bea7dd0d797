"""``aldis dossier verify`` and the gate that comes before it."""

from __future__ import annotations

from pathlib import Path

from tests.conformance.commands.running import aldis
from tests.conformance.report.test_dossier import changed, good_run, key_file, public_file, write


def test_a_dossier_is_verified(tmp_path: Path) -> None:
    key = key_file(tmp_path)
    dossier = write(tmp_path, good_run(), key)
    done = aldis("dossier", "verify", str(dossier), "--key", str(public_file(tmp_path, key)), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "unchanged since it was signed" in done.stdout
    changed(dossier, lambda files: files.update({"report.html": b"<p>passed"}))
    done = aldis("dossier", "verify", str(dossier), cwd=tmp_path)
    assert done.returncode == 1
    assert "report.html was changed after signing" in done.stderr


def test_a_run_without_security_is_no_ground_for_sign_off(tmp_path: Path) -> None:
    key_file(tmp_path)
    arguments = ("--only", "A month without any support to pay out", "--gate", "signoff", "--key", "key.pem")
    done = aldis("check", *arguments, "--report", "report", cwd=tmp_path)
    assert done.returncode == 1
    assert "security is off" in done.stderr
    assert "PAY-05" in done.stderr
    assert not (tmp_path / "report" / "dossier.zip").exists()
