"""Entry point of the command ``aldis``.

``aldis --help`` is printed without importing click and rich, so that it takes little more than the start of the
interpreter.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from typing import Any

from conformance.commands import COMMANDS, DESCRIPTION

OPTIONS = {"--version": "Show the version and exit.", "-h, --help": "Show this message and exit."}


def main(args: Sequence[str] | None = None, **options: Any) -> None:
    """Run the command with ``args``, by default the arguments of the process, and end the process.

    ``options`` are passed on to click's ``main``. Raises SystemExit with the exit code.
    """
    arguments = sys.argv[1:] if args is None else list(args)
    if arguments in (["--help"], ["-h"]):
        sys.stdout.write(overview())
        sys.exit(0)
    from conformance.commands.group import group  # noqa: PLC0415 - click is not needed for the overview

    gc.set_threshold(50_000, 20, 50)  # the default collects a hundred times during imports: a tenth of a short run
    group.main(arguments, **options)


def overview() -> str:
    """Return the text of ``aldis --help``: every command with a sentence."""
    width = max(map(len, [*COMMANDS, *OPTIONS]))
    return "\n".join(
        [
            "Usage: aldis [OPTIONS] COMMAND [ARGS]...",
            "",
            DESCRIPTION,
            "Options:",
            *(f"  {name:<{width}}  {text}" for name, text in OPTIONS.items()),
            "",
            "Commands (aldis COMMAND --help tells more):",
            *(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items()),
            "",
        ]
    )
