"""``aldis init``: the files to start from."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import rich_click as click

from conformance.commands.failing import fail

FILES = ("retailer.toml", "aldis.yml")


@click.command("init")
@click.argument("directory", default=".", type=click.Path(file_okay=False, path_type=Path))
def command(directory: Path) -> None:
    """Write a commented retailer.toml and a CI file (aldis.yml) into DIRECTORY (default: here). Overwrites nothing."""
    existing = [str(directory / name) for name in FILES if (directory / name).exists()]
    if existing:
        fail(f"{' and '.join(existing)} exists already; remove it or choose another folder. Nothing was written")
    templates = files("conformance.commands") / "templates"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            (directory / name).write_text((templates / name).read_text(encoding="utf-8"), encoding="utf-8")
            click.echo(f"wrote {directory / name}")
    except OSError as reason:
        fail(f"cannot write to {directory}: {reason.strerror}; choose another folder")
    click.echo("Next: say in retailer.toml how your driver is started, then run: aldis check --retailer retailer.toml")
