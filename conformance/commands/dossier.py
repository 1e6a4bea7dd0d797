"""``aldis dossier``: what a retailer attaches for sign-off, verified."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from conformance.commands.failing import SOMETHING_WRONG, fail
from conformance.report.dossier.manifest import DossierError, verify_dossier


@click.group("dossier")
def command() -> None:
    """Verify a dossier that `aldis check --gate signoff` has written."""


@command.command("verify")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--key",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Public key (PEM) that must have signed it. Without it, the signer is shown by fingerprint.",
)
def verify(file: Path, key: Path | None) -> None:
    """Verify the signature of a dossier and the digest of every file in it."""
    try:
        found = verify_dossier(file, key)
    except DossierError as reason:
        fail(str(reason), SOMETHING_WRONG)
    click.echo(f"{file}: unchanged since it was signed; {found.files} files")
    click.echo(f"retailer  {found.manifest.get('retailer')}")
    click.echo(f"run       {found.manifest.get('started_at')}, {found.manifest.get('outcome')}")
    click.echo(f"signer    {found.fingerprint}")
    if key is None:
        click.echo("Compare the signer with the retailer's key, or give that with --key.")
