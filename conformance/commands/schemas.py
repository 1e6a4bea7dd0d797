"""``aldis schemas``: lists the catalogue, adopts official schemas, compares schemas."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import rich_click as click

from conformance.commands import options
from conformance.commands.group import SOMETHING_WRONG, fail
from simulator.documents.catalogue import Catalogue
from simulator.documents.profile import load_profile


@click.group("schemas")
def command() -> None:
    """Look at the schema catalogue, adopt official schemas, compare schemas."""


def _catalogue(profile: str | None) -> Catalogue:
    return Catalogue.default() if profile is None else load_profile(profile).catalogue


@command.command("list")
@click.option("--profile", help="Profile whose schemas are listed too: the name of a bundled one, or a file.")
@options.as_json()
def list_schemas(profile: str | None, as_json: bool) -> None:
    """List every schema: URN, file, basis and source."""
    entries = _catalogue(profile).entries
    if as_json:
        rows = [
            {
                "urn": entry.urn,
                "file": str(entry.path),
                "basis": entry.provenance.basis,
                "source": entry.provenance.source,
            }
            for entry in entries
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for entry in entries:
        click.echo(f"{entry.urn}\n  {entry.path}\n  {entry.provenance.basis}: {entry.provenance.source}")


@command.command("show")
@click.argument("urn")
@click.option("--profile", help="Profile whose schemas are looked at first: the name of a bundled one, or a file.")
def show_schema(urn: str, profile: str | None) -> None:
    """Print the schema of this URN."""
    sys.stdout.buffer.write(_catalogue(profile).path(urn).read_bytes())


@command.command("adopt")
@click.argument("folder", type=options.FOLDER)
@click.option("--name", required=True, help="What the adopted profile is called.")
@click.option("--out", type=options.FOLDER, help="Folder for the profile and the pinned schemas. Default: the name.")
@click.option(
    "--bind",
    multiple=True,
    metavar="FIELD=PATH",
    help="Where a field is, such as payout.records.net_bill=x:Bill/@net. Repeatable.",
)
@click.option(
    "--base",
    default=options.BUNDLED_PROFILE,
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
    malformed = [binding for binding in bind if "=" not in binding]
    if malformed:
        fail(f"--bind {malformed[0]}: expected FIELD=PATH, such as payout.records.net_bill=x:Bill/@net")
    if not name.replace("-", "").replace("_", "").isalnum():
        fail(f"--name {name}: expected letters, digits, - and _")
    bindings = {field: path for field, _, path in (binding.partition("=") for binding in bind)}
    from conformance.adopting.adopt import adopt
    from conformance.adopting.matching import ask_place, ask_word

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
    except OSError as reason:
        fail(f"cannot write to {out or name}: {reason.strerror}; choose another folder with --out")
    for field, path in adopted.bound.items():
        click.echo(f"{field:<44} {path}")
    click.echo()
    if adopted.open:
        click.echo(f"Open: {len(adopted.open)}")
        for question in adopted.open:
            click.echo(f"  {question}")
        again = f"remove it and adopt again with --bind FIELD=PATH, or answer in {adopted.profile}"
        fail(f"the profile {adopted.profile} is not complete: {again}", SOMETHING_WRONG)
    click.echo(
        f"Adopted: {adopted.profile}. Check what was bound, then use it: aldis check --profile {adopted.profile}"
    )


@command.command("diff")
@click.argument("one")
@click.argument("other")
@options.as_json()
def diff_schemas(one: str, other: str, as_json: bool) -> None:
    """Show what differs between two schemas: each a folder of .xsd files, or a profile by name or file.

    Exit code 1 when something differs.
    """
    from conformance.adopting.diff import differences

    changes = differences(one, other)
    if as_json:
        click.echo(json.dumps([change.as_json() for change in changes], ensure_ascii=False, indent=2))
    else:
        for change in changes:
            match change.kind:
                case "new":
                    click.echo(f"+ {change.place}  ({change.after})")
                case "gone":
                    click.echo(f"- {change.place}  ({change.before})")
                case _:
                    click.echo(f"~ {change.place}\n    before  {change.before}\n    after   {change.after}")
        click.echo(f"{len(changes)} differences" if changes else "No difference.")
    if changes:
        sys.exit(SOMETHING_WRONG)
