from __future__ import annotations

from pathlib import Path

import pytest

from conformance.commands.init import LANGUAGES
from conformance.retailers.config import load_retailer
from conformance.settings_schemas import schema_path
from tests.conformance.commands.running import aldis

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"


def test_the_files_to_start_from_are_usable(tmp_path: Path) -> None:
    done = aldis("init", "mine", cwd=tmp_path)
    assert done.returncode == 0
    assert load_retailer(tmp_path / "mine" / "retailer.toml").authority == "100777"
    hint = (tmp_path / "mine" / "retailer.toml").read_text(encoding="utf-8").partition("\n")[0]
    schema = tmp_path / "mine" / hint.removeprefix("#:schema ")
    assert schema.read_text(encoding="utf-8") == schema_path("retailer").read_text(encoding="utf-8")
    assert "aldis check" in (tmp_path / "mine" / "aldis.yml").read_text(encoding="utf-8")


def test_a_long_run_may_use_several_processes_once_the_line_counts(tmp_path: Path) -> None:
    aldis("init", cwd=tmp_path)
    config = tmp_path / "retailer.toml"
    assert not load_retailer(config).driver.parallel
    config.write_text(
        config.read_text(encoding="utf-8").replace("# parallel = true", "parallel = true"), encoding="utf-8"
    )
    assert load_retailer(config).driver.parallel


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "retailer.toml").write_text("mine")
    refused = aldis("init", cwd=tmp_path)
    assert refused.returncode == 2
    assert "retailer.toml exists already" in refused.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["retailer.toml"]
    assert (tmp_path / "retailer.toml").read_text() == "mine"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_worked_example_to_start_from(language: str, tmp_path: Path) -> None:
    done = aldis("init", "mine", "--language", language, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    config = load_retailer(tmp_path / "mine" / "retailer.toml")
    assert "aldis check --retailer mine/retailer.toml" in done.stdout
    program = config.driver.command[-1]
    if language == "csharp":  # which has to be compiled first
        program = "Driver.cs"
    original = EXAMPLES / language / program
    assert (tmp_path / "mine" / program).read_bytes() == original.read_bytes()
    assert (tmp_path / "mine" / "aldis.yml").exists()


def test_the_example_passes_at_once(tmp_path: Path) -> None:
    aldis("init", "mine", "--language", "python", cwd=tmp_path)
    done = aldis("check", "--retailer", "mine/retailer.toml", "--only", "month", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
