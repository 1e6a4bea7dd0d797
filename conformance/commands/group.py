"""The subcommands of ``aldis`` as click knows them; each is imported when it is used."""

from __future__ import annotations

import importlib
import sys

import rich_click as click

from conformance.cli import COMMANDS, DESCRIPTION
from simulator import __version__


class _LazyGroup(click.RichGroup):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        if not _asks_for(cmd_name):
            return click.RichCommand(name=cmd_name, help=COMMANDS[cmd_name])
        module = importlib.import_module(f"conformance.commands.{cmd_name}")
        command: click.Command = module.command
        return command


def _asks_for(name: str) -> bool:
    # Without a command every one is listed; only the one that is run is worth importing.
    return name in sys.argv[1:]


@click.group(cls=_LazyGroup, help=DESCRIPTION, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="aldis")
def group() -> None:
    """Everything that ``aldis`` can do."""
