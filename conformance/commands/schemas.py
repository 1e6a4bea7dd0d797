"""``aldis schemas``: what the catalogue holds."""

from __future__ import annotations

import json
import sys

import rich_click as click

from conformance.commands.failing import fail
from simulator.documents.catalogue import Catalogue, CatalogueError


@click.group("schemas")
def command() -> None:
    """Look at the schema catalogue."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_schemas(as_json: bool) -> None:
    """List every schema: URN, file, basis and source."""
    entries = Catalogue.default().entries
    if as_json:
        rows = [
            {"urn": each.urn, "file": str(each.path), "basis": each.provenance.basis, "source": each.provenance.source}
            for each in entries
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for each in entries:
        click.echo(f"{each.urn}\n  {each.path}\n  {each.provenance.basis}: {each.provenance.source}")


@command.command("show")
@click.argument("urn")
def show_schema(urn: str) -> None:
    """Print the schema of this URN."""
    try:
        path = Catalogue.default().path(urn)
    except CatalogueError as reason:
        fail(str(reason))
    sys.stdout.buffer.write(path.read_bytes())
