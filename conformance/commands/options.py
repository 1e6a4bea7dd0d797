"""Options that several subcommands share, and values of options that click has no type for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click

from conformance.commands.group import fail
from simulator.domain.clock import RIGA
from simulator.domain.model import Period

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Decorator = Callable[[_Function], _Function]
FOLDER = click.Path(file_okay=False, path_type=Path)
"""A folder that need not exist yet."""
FILE = click.Path(dir_okay=False, path_type=Path)
"""A file that need not exist yet."""
BUNDLED_PROFILE = "reconstruction"


def language(text: str = "Language.") -> _Decorator[Any]:
    """Declare ``--lang`` (``lang``: lv or en, by default en)."""
    return click.option("--lang", type=click.Choice(["lv", "en"]), default="en", show_default=True, help=text)


def as_json(text: str = "Print JSON.") -> _Decorator[Any]:
    """Declare the flag ``--json`` (``as_json``)."""
    return click.option("--json", "as_json", is_flag=True, help=text)


def profile(text: str = "Profile file, or the name of a bundled one.") -> _Decorator[Any]:
    """Declare ``--profile`` (``profile``), by default the bundled reconstruction."""
    return click.option("--profile", default=BUNDLED_PROFILE, show_default=True, help=text)


def data(text: str = "Folder of aldis serve --data.", **details: Any) -> _Decorator[Any]:
    """Declare ``--data`` (``data``), the folder of a simulator; ``details`` are those of click's ``option``."""
    return click.option("--data", **{"type": FOLDER, "help": text, **details})


def retailer(text: str) -> _Decorator[Any]:
    """Declare ``--retailer`` (``retailer``), a retailer.toml."""
    return click.option("--retailer", type=click.Path(path_type=Path), help=text)


def seed(text: str) -> _Decorator[Any]:
    """Declare ``--seed`` (``seed``), by default 1."""
    return click.option("--seed", default=1, show_default=True, type=click.IntRange(min=0), help=text)


def report(text: str) -> _Decorator[Any]:
    """Declare ``--report`` (``report``), the folder to write a report to."""
    return click.option("--report", type=FOLDER, help=text)


def key(text: str) -> _Decorator[Any]:
    """Declare ``--key`` (``key``), a PEM file."""
    return click.option("--key", type=FILE, help=text)


def month(context: click.Context, parameter: click.Parameter, value: str | None) -> Period | None:
    """Convert an option's text to a month, as its callback. Raises BadParameter when it is none."""
    if value is None:
        return None
    try:
        return Period.parse(value)
    except ValueError as reason:
        raise click.BadParameter(str(reason), context, parameter) from reason


def moment(option: str, text: str, alternative: str = "") -> datetime:
    """Convert the text of ``option`` to a moment, in Europe/Riga unless it names an offset.

    Ends the command when it is no ISO 8601 date and time; ``alternative`` names what else the option takes.
    """
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        fail(f"{option} takes an ISO 8601 date and time such as 2026-03-02T08:00{alternative}; found {text!r}")
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=RIGA)
