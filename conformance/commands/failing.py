"""How a command ends when it cannot do what it was asked: one sentence on standard error and an exit code."""

from __future__ import annotations

from typing import NoReturn

import rich_click as click
from click.exceptions import Exit

RETAILER_FAILED = 1
SOMETHING_WRONG = 1
"""The same for a command that looks at something else than a retailer: a document, a schema, a dossier."""
WRONG_USE = 2
HARNESS_FAILED = 3
NOTHING_TESTED = 4


def fail(message: str, code: int = WRONG_USE) -> NoReturn:
    """End the command with this sentence; raises click's Exit."""
    click.echo(f"aldis: {message}", err=True)
    raise Exit(code)
