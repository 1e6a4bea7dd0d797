"""The group of all subcommands. The module of a subcommand is imported when the subcommand is run."""

from __future__ import annotations

import importlib
from typing import Any

import rich_click as click

from conformance.cli import COMMANDS, DESCRIPTION
from simulator import __version__


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


@click.group(cls=_LazyGroup, help=DESCRIPTION, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="aldis")
def group() -> None:
    """Parent of every subcommand."""
