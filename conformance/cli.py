"""The command ``aldis``. Each subcommand is imported when it is used, so that ``aldis --help`` is quick."""

from __future__ import annotations

import importlib
import sys

import rich_click as click

from simulator import __version__

COMMANDS = {
    "check": "Run the conformance suite against a retailer's system.",
    "dossier": "Verify what a retailer attaches for sign-off.",
    "generate": "Write sample documents of a channel.",
    "init": "Write a retailer.toml and a CI file to start from.",
    "ledger": "Tell a person's year: granted, applied, carried over, lapsed, and why.",
    "plan": "List the eight connecting steps with their earliest dates.",
    "replay": "Do one failed case again.",
    "requirements": "List the requirements and how each is tested.",
    "schemas": "Look at the schema catalogue.",
    "serve": "Run the simulator of DIT and ALDIS.",
    "validate": "Check documents against schema and business rules.",
}


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
    # `aldis --help` lists every command; only the one that is run is worth importing.
    return name in sys.argv[1:]


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="aldis")
def main() -> None:
    """Conformance harness and DIT simulator for electricity retailers that connect to ALDIS.

    Exit codes: 0 all required checks passed, 1 the retailer failed or a document is invalid, 2 wrong use, 3 the harness
    itself failed, 4 nothing was tested.
    """
