"""The group of all subcommands: imports a subcommand when it is run, and ends the command when it cannot go on."""

from __future__ import annotations

import importlib
from typing import Any, NoReturn

import rich_click as click
from click.exceptions import Exit

from conformance.commands import COMMANDS, DESCRIPTION
from simulator import __version__
from simulator.domain.errors import UserError

RETAILER_FAILED = 1
SOMETHING_WRONG = 1  # of a command that checks something else than a retailer: a document, a schema, a dossier
WRONG_USE = 2
HARNESS_FAILED = 3
NOTHING_TESTED = 4


def fail(message: str, code: int = WRONG_USE) -> NoReturn:
    """Print a sentence on standard error and end the command with an exit code; raises click's Exit."""
    click.echo(f"aldis: {message}", err=True)
    raise Exit(code)


class _LazyCommand(click.RichCommand):
    """Stands for a subcommand in listings; the subcommand itself is imported to parse its arguments."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        module = importlib.import_module(f"conformance.commands.{self.name}")
        command: click.Command = module.command
        return command.make_context(info_name, args, parent, **extra)


class _LazyGroup(click.RichGroup):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        return _LazyCommand(name=cmd_name, help=COMMANDS[cmd_name]) if cmd_name in COMMANDS else None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand. A UserError from anywhere below becomes a sentence and its exit code."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            fail(str(error), error.exit_code)


@click.group(cls=_LazyGroup, help=DESCRIPTION, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="aldis")
def group() -> None:
    """Parent of every subcommand."""
