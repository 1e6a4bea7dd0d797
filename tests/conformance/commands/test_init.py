from __future__ import annotations

from pathlib import Path

from conformance.retailers.config import load_retailer
from tests.conformance.commands.running import aldis


def test_the_files_to_start_from_are_usable(tmp_path: Path) -> None:
    made = aldis("init", "mine", cwd=tmp_path)
    assert made.returncode == 0
    assert load_retailer(tmp_path / "mine" / "retailer.toml").authority == "100777"
    assert "aldis check" in (tmp_path / "mine" / "aldis.yml").read_text(encoding="utf-8")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "retailer.toml").write_text("mine")
    refused = aldis("init", cwd=tmp_path)
    assert refused.returncode == 2
    assert "retailer.toml exists already" in refused.stderr
    assert sorted(each.name for each in tmp_path.iterdir()) == ["retailer.toml"]
    assert (tmp_path / "retailer.toml").read_text() == "mine"
