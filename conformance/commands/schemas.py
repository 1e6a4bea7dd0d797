"""``aldis schemas``: what the catalogue holds, official schemas adopted, schemas compared."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import rich_click as click

from conformance.commands.failing import SOMETHING_WRONG, WRONG_USE, fail
from simulator.documents.catalogue import Catalogue, CatalogueError
from simulator.documents.profile import ProfileError, load_profile


@click.group("schemas")
def command() -> None:
    """Look at the schema catalogue, adopt official schemas, compare schemas."""


def _catalogue(profile: str | None) -> Catalogue:
    if profile is None:
        return Catalogue.default()
    try:
        return load_profile(profile).catalogue
    except ProfileError as reason:
        fail(str(reason))


@command.command("list")
@click.option("--profile", help="Profile whose schemas are listed too: the name of a bundled one, or a file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_schemas(profile: str | None, as_json: bool) -> None:
    """List every schema: URN, file, basis and source."""
    entries = _catalogue(profile).entries
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
@click.option("--profile", help="Profile whose schemas are looked at first: the name of a bundled one, or a file.")
def show_schema(urn: str, profile: str | None) -> None:
    """Print the schema of this URN."""
    try:
        path = _catalogue(profile).path(urn)
    except CatalogueError as reason:
        fail(str(reason))
    sys.stdout.buffer.write(path.read_bytes())


@command.command("adopt")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", required=True, help="What the adopted profile is called.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the profile and the pinned schemas. Default: the name.",
)
@click.option(
    "--bind",
    multiple=True,
    metavar="FIELD=PATH",
    help="Where a field is, such as payout.records.net_bill=x:Bill/@net. Repeatable.",
)
@click.option(
    "--base",
    default="reconstruction",
    show_default=True,
    help="Profile whose limits, due days, rates and channels are taken over.",
)
@click.option(
    "--seconds",
    default=60.0,
    show_default=True,
    type=click.FloatRange(min=1),
    help="How long the schemas may take to load; those that take longer are refused.",
)
def adopt_schemas(folder: Path, name: str, out: Path | None, bind: tuple[str, ...], base: str, seconds: float) -> None:
    """Adopt the official schemas in FOLDER, with all that they import, and draft a profile for them.

    The schemas are checked, copied and pinned by their SHA-256; fields are bound by their names and types. What no
    name tells is asked on a terminal, or else listed: answer with --bind, or in the profile itself.
    """
    from conformance.adopting.adopt import adopt  # noqa: PLC0415 - only this command needs it
    from conformance.adopting.asking import ask_place, ask_word  # noqa: PLC0415
    from conformance.adopting.folder import AdoptionError  # noqa: PLC0415

    wrong = [each for each in bind if "=" not in each]
    if wrong:
        fail(f"--bind {wrong[0]}: expected FIELD=PATH, such as payout.records.net_bill=x:Bill/@net")
    if not name.replace("-", "").replace("_", "").isalnum():
        fail(f"--name {name}: expected letters, digits, - and _")
    bindings = {field: path for field, _, path in (each.partition("=") for each in bind)}
    asking = sys.stdin.isatty()
    try:
        adopted = adopt(
            folder,
            name,
            out or Path(name),
            base=load_profile(base),
            bindings=bindings,
            ask=ask_place if asking else None,
            ask_word=ask_word if asking else None,
            seconds=seconds,
        )
    except (AdoptionError, ProfileError) as reason:
        fail(str(reason))
    except OSError as reason:
        fail(f"cannot write to {out or name}: {reason.strerror}; choose another folder with --out")
    for field, path in adopted.bound.items():
        click.echo(f"{field:<44} {path}")
    click.echo()
    if adopted.open:
        click.echo(f"Open: {len(adopted.open)}")
        for each in adopted.open:
            click.echo(f"  {each}")
        again = f"remove it and adopt again with --bind FIELD=PATH, or answer in {adopted.profile}"
        fail(f"the profile {adopted.profile} is not complete: {again}", SOMETHING_WRONG)
    click.echo(
        f"Adopted: {adopted.profile}. Check what was bound, then use it: aldis check --profile {adopted.profile}"
    )


@command.command("diff")
@click.argument("one")
@click.argument("other")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def diff_schemas(one: str, other: str, as_json: bool) -> None:
    """Show what differs between two schemas: each a folder of .xsd files, or a profile by name or file.

    Exit code 1 when something differs.
    """
    from conformance.adopting.differing import differences  # noqa: PLC0415 - only this command needs it
    from conformance.adopting.folder import AdoptionError  # noqa: PLC0415

    try:
        found = differences(one, other)
    except (AdoptionError, CatalogueError) as reason:
        fail(str(reason), WRONG_USE)
    if as_json:
        click.echo(json.dumps([each.as_json() for each in found], ensure_ascii=False, indent=2))
    else:
        for each in found:
            match each.kind:
                case "new":
                    click.echo(f"+ {each.place}  ({each.after})")
                case "gone":
                    click.echo(f"- {each.place}  ({each.before})")
                case _:
                    click.echo(f"~ {each.place}\n    before  {each.before}\n    after   {each.after}")
        click.echo(f"{len(found)} differences" if found else "No difference.")
    if found:
        sys.exit(SOMETHING_WRONG)
