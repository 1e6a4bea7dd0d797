"""``aldis schemas`` as a user types it: adopt the made-up official schemas, then work with them."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.conformance.adopting.test_adopt import OFFICIAL
from tests.conformance.commands.running import aldis


@pytest.fixture(scope="module")
def adopted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("adopted")
    shutil.copytree(OFFICIAL, folder / "downloaded")
    done = aldis("schemas", "adopt", "downloaded", "--name", "official", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "payout.records.net_bill" in done.stdout
    assert "Adopted: official/profile.toml" in done.stdout
    return folder


def test_documents_are_made_and_validated_by_the_adopted_schema(adopted: Path) -> None:
    profile = ("--profile", "official/profile.toml")
    assert aldis("generate", "payout", *profile, "--seed", "7", "--out", "samples", cwd=adopted).returncode == 0
    sample = "samples/payout-7-0001.xml"
    assert "Izmaksas" in (adopted / sample).read_text(encoding="utf-8")
    assert aldis("validate", sample, *profile, cwd=adopted).returncode == 0
    assert aldis("validate", sample, cwd=adopted).returncode == 1  # the reconstruction knows no such document


def test_the_suite_passes_on_it_without_a_change_of_code(adopted: Path) -> None:
    done = aldis("check", "--profile", "official/profile.toml", "--only", "month", cwd=adopted)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_the_whole_suite_passes_on_it(adopted: Path) -> None:
    done = aldis("check", "--profile", "official/profile.toml", "--cases", "3", cwd=adopted)
    assert done.returncode == 0, done.stdout


def test_what_is_open_ends_with_a_list_and_how_to_answer(tmp_path: Path) -> None:
    shutil.copytree(OFFICIAL, tmp_path / "downloaded")
    file = tmp_path / "downloaded" / "ALISProvider.xsd"
    file.write_text(file.read_text(encoding="utf-8").replace('name="Parnests"', 'name="Zils"'), encoding="utf-8")
    adopt = ("schemas", "adopt", "downloaded", "--name", "official")
    done = aldis(*adopt, cwd=tmp_path)
    assert done.returncode == 1
    assert "payout.records.carried_over: no place was recognised; candidates are ppriv:Zils" in done.stdout
    assert "--bind FIELD=PATH" in done.stderr
    (tmp_path / "official" / "profile.toml").unlink()
    assert aldis(*adopt, "--bind", "payout.records.carried_over=ppriv:Zils", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("downloaded", "--name", "x", "--bind", "nonsense"), "expected FIELD=PATH"),
        (("downloaded", "--name", "../x"), "expected letters, digits"),
        (("downloaded", "--name", "x", "--base", "nothing"), "no profile has the name 'nothing'"),
        (("nowhere", "--name", "x"), "is no folder"),
    ],
)
def test_wrong_use(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    shutil.copytree(OFFICIAL, tmp_path / "downloaded")
    done = aldis("schemas", "adopt", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr


def test_what_was_adopted_is_listed_and_shown(adopted: Path) -> None:
    profile = ("--profile", "official/profile.toml")
    listed = aldis("schemas", "list", *profile, "--json", cwd=adopted)
    files = {load["urn"]: load["file"] for load in json.loads(listed.stdout)}
    urn = "URN:IVIS:100001:XSD-PPriv-ALISProvider-v1-0"
    assert files[urn] == str(adopted / "official" / "schemas" / "ALISProvider.xsd")
    assert 'name="Izmaksas"' in aldis("schemas", "show", urn, *profile, cwd=adopted).stdout
    assert 'name="Izmaksas"' not in aldis("schemas", "show", urn, cwd=adopted).stdout
    wrong = aldis("schemas", "list", "--profile", "nothing", cwd=adopted)
    assert wrong.returncode == 2
    assert "no profile has the name 'nothing'" in wrong.stderr


def test_diff(adopted: Path) -> None:
    same = aldis("schemas", "diff", "downloaded", "official/profile.toml", cwd=adopted)
    assert (same.returncode, same.stdout) == (0, "No difference.\n")
    other = aldis("schemas", "diff", "reconstruction", "official/profile.toml", "--json", cwd=adopted)
    assert other.returncode == 1
    changes = json.loads(other.stdout)
    assert {"kind": "new", "place": "/Izmaksas", "before": None, "after": "once, required"} in changes
    assert "+ /Izmaksas" in aldis("schemas", "diff", "reconstruction", "official/profile.toml", cwd=adopted).stdout
    assert aldis("schemas", "diff", "nothing", "reconstruction", cwd=adopted).returncode == 2


def test_the_page_about_adopting_can_be_typed(tmp_path: Path) -> None:
    """Each command of docs/official-schemas.md in turn; --bind is shown for a schema with a name that nobody knows."""
    shutil.copytree(OFFICIAL, tmp_path / "downloaded")
    page = (Path(__file__).parents[3] / "docs" / "official-schemas.md").read_text(encoding="utf-8")
    commands = [line for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]
    assert len(commands) == 6
    for command in commands:
        if "--bind" in command:
            file = tmp_path / "downloaded" / "ALISProvider.xsd"
            file.write_text(file.read_text(encoding="utf-8").replace("Parnests", "Zils"), encoding="utf-8")
            shutil.rmtree(tmp_path / "official")
        done = aldis(*shlex.split(command)[1:], cwd=tmp_path)
        assert done.returncode == (1 if " diff " in command else 0), done.stdout + done.stderr
