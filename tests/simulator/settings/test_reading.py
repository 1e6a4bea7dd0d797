"""Reading tables into dataclasses; all mistakes are reported at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import pytest

from simulator.domain.provenance import Basis, Provenance, Sourced
from simulator.settings import Check, Convert, SettingsError, SourceOf, Table, Text, read

Even = Annotated[int, Check("an even number", lambda number: number % 2 == 0)]
Amount = Annotated[Decimal, Convert("an amount as text", Decimal)]


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Item:
    name: Text
    size: Even = 2
    tags: tuple[Text, ...] = ()
    colour: Colour | None = None
    raw: Table | None = None


@dataclass(frozen=True, slots=True)
class Span:
    start: date
    end: date | None = None
    amount: Amount = Decimal(0)

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.end is not None and self.end < self.start:
            yield "end", f"{self.end} lies before start {self.start}"


@dataclass(frozen=True, slots=True)
class File:
    title: str
    mode: Literal["fast", "slow"] = "fast"
    ratio: float = 1.0
    on: bool = False
    items: tuple[Item, ...] = ()
    span: Span | None = None
    words: Mapping[str, Text] | None = None


DAYS = Sourced(90, Provenance(Basis.ASSUMED, "a default"))


@dataclass(frozen=True, slots=True)
class Limits:
    bytes: Sourced[Even]
    days: Sourced[int] = DAYS
    words: Mapping[str, Sourced[Text]] | None = None


@dataclass(frozen=True, slots=True)
class Known:
    limits: Limits
    major: int
    provenance: Provenance
    of_major: Annotated[Provenance, SourceOf("major")]


GOOD = """
title = "t"
mode = "slow"
ratio = 2
on = true
[span]
start = 2026-01-01
amount = "1.50"
[words]
a = "b"
[[items]]
name = "one"
tags = ["x"]
colour = "red"
raw.anything = 1
[[items]]
name = "two"
size = 4
"""


def _file(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def _problems(folder: Path, text: str, kind: type = File) -> list[str]:
    path = _file(folder, text)
    with pytest.raises(SettingsError) as caught:
        read(path, kind)
    lines = str(caught.value).split("\n")
    assert all(line.startswith(str(path)) for line in lines)
    return [line.removeprefix(str(path)).lstrip(", :") for line in lines]


def test_a_file_is_read(tmp_path: Path) -> None:
    file = read(_file(tmp_path, GOOD), File)
    assert (file.title, file.mode, file.ratio, file.on) == ("t", "slow", 2.0, True)
    assert file.span == Span(date(2026, 1, 1), None, Decimal("1.50"))
    assert file.words == {"a": "b"}
    assert [(item.name, item.size, item.tags, item.colour) for item in file.items] == [
        ("one", 2, ("x",), Colour.RED),
        ("two", 4, (), None),
    ]
    assert file.items[0].raw == {"anything": 1}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "title: is missing; expected text in quotation marks"),
        ("title = 5", "line 1: title: found 5; expected text in quotation marks"),
        ('title = "t"\nmode = "flast"', 'expected one of "fast", "slow"; did you mean "fast"?'),
        ('title = "t"\nratio = true', "line 2: ratio: found true; expected a number"),
        ('title = "t"\nratio = "1"', 'ratio: found "1"; expected a number'),
        ('title = "t"\non = 1', "on: found 1; expected true or false"),
        ('title = "t"\nmodus = 1', "known are title, mode, ratio, on, items, span, words; did you mean"),
        ('title = "t"\nitems = 1', "items: found 1; expected tables, each headed [[items]]"),
        ('title = "t"\nitems = [1]', "items[1]: found 1; expected a table headed [[items]]"),
        ('title = "t"\nspan = 1', "span: found 1; expected a table headed [span]"),
        ('title = "t"\nwords = 1', "words: found 1; expected a table headed [words]"),
        ('title = "t"\n[words]\na = " "', 'line 3: words.a: found " "; expected text in quotation marks that is not'),
        ('title = "t"\n[span]\n', "line 2: span.start: is missing; expected a date without quotation marks"),
        ('title = "t"\n[span]\nstart = 2026-01-01T00:00:00', "start: found 2026-01-01T00:00:00; expected a date"),
        ('title = "t"\n[span]\nstart = 2026-01-02\nend = 2026-01-01', "line 4: span.end: 2026-01-01 lies before"),
        ('title = "t"\n[span]\nstart = 2026-01-02\namount = "x"', 'span.amount: found "x"; expected an amount as text'),
        ('title = "t"\n[[items]]\nname = "a"\nsize = 3', "line 4: items[1].size: found 3; expected an even number"),
        ('title = "t"\n[[items]]\nname = "a"\nsize = "x"', 'items[1].size: found "x"; expected an even number'),
        ('title = "t"\n[[items]]\nname = "a"\ntags = "x"', 'items[1].tags: found "x"; expected a list'),
        ('title = "t"\n[[items]]\nname = "a"\ntags = ["x", ""]', 'items[1].tags[2]: found ""; expected text'),
        ('title = "t"\n[[items]]\nname = "a"\ncolour = "rde"', 'expected one of "red", "blue"; did you mean "red"?'),
        (
            'title = "t"\n[[items]]\nname = "a"\nraw = 1',
            "items[1].raw: found 1; expected a table headed [items[1].raw]",
        ),
        ('title = "t"\nbasis = "assumed"', "basis: unknown key"),
        (f"title = {'[' + '1,' * 200 + ']'}", "1, 1...; expected text"),
    ],
)
def test_a_mistake_is_named_with_line_key_and_expectation(tmp_path: Path, text: str, says: str) -> None:
    (problem,) = _problems(tmp_path, text)
    assert says in problem


def test_all_mistakes_are_named_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        GOOD.replace('mode = "slow"', "mode = 1").replace("size = 4", "size = 5\nsiez = 1").replace("2026-01-01", "1")
    )
    assert [problem.partition(": ")[0] for problem in _problems(tmp_path, text)] == [
        "line 3",
        "line 7",
        "line 18",
        "line 19",
    ]


SOURCED = """
major = { value = 1, source = "of major" }
basis = "inferred"
source = "of the file"
[limits]
basis = "documented"
bytes = 8
words = { a = "b", basis = "assumed" }
"""


def test_values_keep_their_basis_and_source(tmp_path: Path) -> None:
    known = read(_file(tmp_path, SOURCED), Known)
    documented = Provenance(Basis.DOCUMENTED, "of the file")
    assert known.limits.bytes == Sourced(8, documented)
    assert known.limits.days == DAYS
    assert known.limits.words == {"a": Sourced("b", Provenance(Basis.ASSUMED, "of the file"))}
    assert known.provenance == Provenance(Basis.INFERRED, "of the file")
    assert (known.major, known.of_major) == (1, Provenance(Basis.INFERRED, "of major"))


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("bytes = 8", "bytes = 7", "line 7: limits.bytes: found 7; expected an even number"),
        ("bytes = 8", "bytes = { value = 7 }", "limits.bytes: found 7; expected an even number"),
        ("bytes = 8", "", "line 5: limits.bytes: is missing; expected an even number"),
        (
            "bytes = 8",
            "bytes = 8\nbites = 8",
            "limits.bites: unknown key; known are bytes, days, words, basis, source; did you mean",
        ),
        (
            "bytes = 8",
            'bytes = { value = 8, basis = "sure" }',
            'limits.bytes.basis: found "sure"; expected one of "docu',
        ),
        (
            "bytes = 8",
            "bytes = { value = 8, sauce = 1 }",
            'sauce: unknown key; known are value, basis, source; did you mean "source"?',
        ),
        ('basis = "documented"', 'basis = "sure"', 'line 6: limits.basis: found "sure"; expected one of "documented"'),
        ('source = "of the file"', "source = 1", "source: found 1; expected text in quotation marks"),
        ('a = "b"', "a = 1", "limits.words.a: found 1; expected text in quotation marks that is not empty"),
    ],
)
def test_mistakes_about_values_with_a_source(tmp_path: Path, before: str, after: str, says: str) -> None:
    assert before in SOURCED
    assert any(says in problem for problem in _problems(tmp_path, SOURCED.replace(before, after, 1), Known))


def test_a_value_without_a_basis_is_refused(tmp_path: Path) -> None:
    text = SOURCED.replace('basis = "inferred"\n', "").replace('basis = "documented"\n', "")
    problems = _problems(tmp_path, text, Known)
    assert problems == [
        "basis: has no basis; write it here or in a table above",
        "line 2: major: has no basis; write it here or in a table above",
        "line 5: limits.bytes: has no basis; write it here or in a table above",
    ]
    (problem,) = _problems(tmp_path, 'major = 1\nlimits.bytes = 2\nbasis = "sure"\nsource = "s"', Known)[1:]
    assert problem.startswith('line 3: basis: found "sure"')


def test_a_mistake_of_the_program_is_not_taken_for_one_of_the_file(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Broken:
        number: int

        def problems(self) -> Iterator[tuple[str, str]]:
            raise TypeError("a mistake in the program")

    with pytest.raises(TypeError, match="in the program"):
        read(_file(tmp_path, "number = 1"), Broken)


def test_a_user_s_file_lies_over_the_bundled_one(tmp_path: Path) -> None:
    bundled = tmp_path / "bundled.toml"
    bundled.write_text(SOURCED, encoding="utf-8")
    known = read(_file(tmp_path, "[limits]\ndays = 5\nwords.c = 'd'"), Known, over=bundled)
    assert known.limits.bytes.value == 8
    assert known.limits.days == Sourced(5, Provenance(Basis.ASSUMED, "set in settings.toml"))
    assert {key: word.value for key, word in (known.limits.words or {}).items()} == {"a": "b", "c": "d"}
    with pytest.raises(SettingsError, match=r"settings\.toml, line 2: limits\.bytes: found 3; expected an even number"):
        read(_file(tmp_path, "[limits]\nbytes = 3"), Known, over=bundled)
