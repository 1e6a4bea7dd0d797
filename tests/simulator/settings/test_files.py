"""Lines of keys in a TOML file, and the basis and source that hold for them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from simulator.domain.provenance import Basis
from simulator.settings import SettingsError, SettingsFile
from simulator.settings.files import Labels, dotted, lines_of_keys

TEXT = '''\
name = "x" # a comment
"quoted key" = 1
list = [
  "[not.a.header]",
  2,
]
text = """
[neither]
day = 5
"""

[due]
day = { value = 5, basis = "documented" }
errors.each = "a"

[[rates]]
amount = "1"
# [[rates]]
[[ rates ]]
amount = "2"
[[rates.steps]]
from = 1
[[rates.steps]]
from = 2
[rates.more]
deep.key = true
[[rates]]
steps = [{ from = 3 }]
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("name",), 1),
        (("quoted key",), 2),
        (("list",), 3),
        (("list", 1), 3),
        (("text",), 7),
        (("due",), 12),
        (("due", "day"), 13),
        (("due", "day", "basis"), 13),
        (("due", "errors", "each"), 14),
        (("rates",), 16),
        (("rates", 0), 16),
        (("rates", 0, "amount"), 17),
        (("rates", 1), 19),
        (("rates", 1, "amount"), 20),
        (("rates", 1, "steps", 0, "from"), 22),
        (("rates", 1, "steps", 1), 23),
        (("rates", 1, "steps", 1, "from"), 24),
        (("rates", 1, "more"), 25),
        (("rates", 1, "more", "deep", "key"), 26),
        (("rates", 2), 27),
        (("rates", 2, "steps", 0, "from"), 28),
    ],
)
def test_each_key_has_a_line(path: tuple[str | int, ...], line: int) -> None:
    assert lines_of_keys(TEXT)[path] == line


def test_a_key_that_is_missing_has_the_line_of_its_table() -> None:
    file = SettingsFile(Path("x.toml"), TEXT, tomllib.loads(TEXT))
    assert file.line(("rates", 1, "missing")) == 19
    assert file.line(("rates", 1, "steps", 1, "missing", "deeper")) == 23
    assert file.line(("missing",)) is None
    assert file.place(("rates", 1, "amount")) == "rates[2].amount (line 20)"
    assert file.place(("missing",)) == "missing"


def test_windows_line_ends_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert SettingsFile.open(path).line(("rates", 1, "amount")) == 20


def test_paths_are_written_as_in_toml() -> None:
    assert dotted(("rates", 2, "amount")) == "rates[3].amount"
    assert dotted(("claims", "http://x/y")) == 'claims."http://x/y"'


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"a = 1\nb = \n", 2, "not TOML: Invalid value; see https://toml.io for the notation"),
        (b"a = 1\na = 2\n", 2, "not TOML: Cannot overwrite a value"),
        (b"a = 2026-02-30\n", 1, "not TOML: Invalid date or datetime; is this day in the calendar?"),
        (b'a = "x', None, "not TOML: Unterminated string"),
        (b"a = " + b"[" * 20000, None, "not TOML"),
        (b'a = "\xe7"', None, "not UTF-8 at byte 5; save the file as UTF-8"),
    ],
)
def test_a_file_that_is_not_toml(tmp_path: Path, content: bytes, line: int | None, says: str) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        SettingsFile.open(path)
    (problem,) = caught.value.problems
    assert (problem.path, problem.line, problem.key) == (path, line, "")
    assert problem.message.startswith(says)
    assert str(caught.value) == str(problem)


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        SettingsFile.open(tmp_path / "none.toml", if_missing="`aldis init` writes one")
    assert str(caught.value) == f"{tmp_path}/none.toml: cannot be read: there is no such file; `aldis init` writes one"
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        SettingsFile.open(tmp_path)


def test_labels_hold_for_the_tables_inside() -> None:
    text = 'basis = "assumed"\nsource = "s"\n[a]\nsource = "t"\nx = 1\n[a.b]\ny = { value = 1, basis = "documented" }'
    table = SettingsFile(Path("x.toml"), text, tomllib.loads(text)).table
    assert table.labels_at("a") == Labels(Basis.ASSUMED, "t")
    assert table["a"].labels_at("x") == Labels(Basis.ASSUMED, "t")
    assert table["a"]["b"].labels_at("y") == Labels(Basis.DOCUMENTED, "t")


def test_a_file_laid_over_another_is_assumed_unless_it_says_otherwise(tmp_path: Path) -> None:
    bundled, own = tmp_path / "bundled.toml", tmp_path / "own.toml"
    bundled.write_text(
        '[a]\nbasis = "documented"\nsource = "VRAA"\nx = 1\ny = { value = 2, basis = "inferred" }\nz = 3'
    )
    own.write_text('[a]\ny = 4\nz = { value = 5, source = "a letter" }')
    file = SettingsFile.open(own, over=SettingsFile.open(bundled))
    table = file.table["a"]
    assert (table["x"], table["y"], table["z"]["value"]) == (1, 4, 5)
    assert table.labels_at("x") == Labels(Basis.DOCUMENTED, "VRAA")
    assert table.labels_at("y") == Labels(Basis.ASSUMED, "set in own.toml")
    assert table.labels_at("z") == Labels(Basis.ASSUMED, "a letter")
    assert str(file.problem(("a", "y"), "m")) == f"{own}, line 2: a.y: m"
    assert str(file.problem(("a", "x"), "m")) == f"{bundled}, line 4: a.x: m"
    assert str(file.problem(("a", "w"), "m")) == f"{own}, line 1: a.w: m"
