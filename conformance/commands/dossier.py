"""``aldis dossier``: verifies the dossier that a retailer attaches for sign-off."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from conformance.commands import options
from conformance.commands.group import SOMETHING_WRONG, fail


@click.group("dossier")
def command() -> None:
    """Verify a dossier that `aldis check --gate signoff` has written."""


@command.command("verify")
@click.argument("file", type=options.FILE)
@options.key("Public key (PEM) that must have signed it. Without it, the signer is shown by fingerprint.")
def verify(file: Path, key: Path | None) -> None:
    """Verify the signature of a dossier and the digest of every file in it."""
    from conformance.report.dossier import DossierError, verify_dossier

    try:
        verified = verify_dossier(file, key)
    except DossierError as reason:
        fail(str(reason), SOMETHING_WRONG)
    click.echo(f"{file}: unchanged since it was signed; {verified.files} files")
    click.echo(f"retailer  {verified.manifest.get('retailer')}")
    click.echo(f"run       {verified.manifest.get('started_at')}, {verified.manifest.get('outcome')}")
    click.echo(f"signer    {verified.fingerprint}")
    if key is None:
        click.echo("Compare the signer with the retailer's key, or give that with --key.")
