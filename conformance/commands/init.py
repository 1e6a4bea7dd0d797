"""``aldis init``: writes the files to start from."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import rich_click as click

from conformance.commands import options
from conformance.commands.group import HARNESS_FAILED, fail
from simulator.settings.files import data_root

_CI = "aldis.yml"
_CONFIG = "retailer.toml"
_SCHEMA = "retailer.schema.json"  # named by the first line of retailer.toml, for editors
LANGUAGES = ("csharp", "java", "node", "php", "python")


@click.command("init")
@click.argument("directory", default=".", type=options.FOLDER)
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    help="Also write a small retailer's system with its driver in this language, which can be tested at once.",
)
def command(directory: Path, language: str | None) -> None:
    """Write a commented retailer.toml, its JSON Schema for editors, and a CI file (aldis.yml) into DIRECTORY.

    Without DIRECTORY they go here. Overwrites nothing.
    """
    sources = _sources(language)
    existing = [str(directory / name) for name in sources if (directory / name).exists()]
    if existing:
        fail(f"{' and '.join(existing)} exists already; remove it or choose another folder. Nothing was written")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, source in sources.items():
            (directory / name).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
            click.echo(f"wrote {directory / name}")
    except OSError as reason:
        fail(f"cannot write to {directory}: {reason.strerror}; choose another folder")
    if language is None:
        click.echo("Next: say in retailer.toml how your driver is started, then run:")
    else:
        click.echo("Next: make of the example what your system needs. It can be tested as it is:")
    click.echo(f"  aldis check --retailer {directory / _CONFIG} --only month --report report")


def _sources(language: str | None) -> dict[str, Traversable]:
    templates = files("conformance.commands") / "templates"
    if language is None:
        schema = data_root("schemas") / "settings" / _SCHEMA
        return {_CONFIG: templates / _CONFIG, _CI: templates / _CI, _SCHEMA: schema}
    example = _examples() / language
    names = sorted(file.name for file in example.iterdir() if file.is_file())
    return {**{name: example / name for name in names}, _CI: templates / _CI}


def _examples() -> Path:
    """Return the folder of the worked examples: inside the package when it is installed, in docs/ of a checkout."""
    package = Path(str(files("conformance")))
    places = (package / "_examples", package.parent / "docs" / "examples")
    folder = next((place for place in places if place.is_dir()), None)
    if folder is None:
        fail("the worked examples are missing from this installation; install aldis-conformance again", HARNESS_FAILED)
    return folder
