"""Each command line ``aldis ...`` on a page names a command, options and choices that exist."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.docs.pages import PAGES, ROOT, command_lines, generated

COMMANDS: dict[str, click.Command] = dict(generated().commands())
GROUPS = {" ".join(words.split()[:2]) for words in COMMANDS if len(words.split()) > 2}


def mistakes(line: str) -> Iterator[str]:
    """Return the words of a command line that no command knows."""
    words = shlex.split(line)
    called = next((" ".join(words[:n]) for n in (3, 2) if " ".join(words[:n]) in COMMANDS), None)
    if called is None:
        plain = " ".join(words[:2]) in GROUPS or words[1:2] in (["COMMAND"], ["--help"], ["--version"])
        if not plain:
            yield f"{line}: no such command"
        return
    options = {
        name: option
        for option in COMMANDS[called].get_params(click.Context(COMMANDS[called]))
        if isinstance(option, click.Option)
        for name in option.opts
    }
    rest = words[len(called.split()) :]
    for place, word in enumerate(rest):
        if not word.startswith("--"):
            continue
        name, _, value = word.partition("=")
        if name not in options:
            yield f"{line}: no option {name}"
            continue
        kind = options[name].type
        following = value or (rest[place + 1] if len(rest) > place + 1 else "")
        choices = following.split("|") if following else []  # a page may give several: --security username|certificate
        if isinstance(kind, click.Choice) and not {*choices} <= {*kind.choices} and not following.isupper():
            yield f"{line}: {name} does not take {following!r}"


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES])
def test_command_lines(page: Path) -> None:
    assert [mistake for line in command_lines(page) for mistake in mistakes(line)] == []


def test_wrong_command_lines_are_found() -> None:
    assert list(mistakes("aldis check --retailer mine/retailer.toml --lang lv")) == []
    assert list(mistakes("aldis schemas list --json")) == []
    assert len(list(mistakes("aldis chekc"))) == 1
    assert len(list(mistakes("aldis check --reatiler FILE --lang de"))) == 2
