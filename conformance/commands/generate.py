"""``aldis generate``: sample documents of a channel."""

from __future__ import annotations

import sys
from pathlib import Path

import rich_click as click

from conformance.commands.failing import fail
from conformance.payloads.samples import sample_documents
from simulator.documents.model import ChannelName
from simulator.documents.profile import ProfileError, load_profile
from simulator.documents.writing import write_document


@click.command("generate")
@click.argument("channel", type=click.Choice([each.value for each in ChannelName]))
@click.option("--count", default=1, show_default=True, type=click.IntRange(1, 10_000), help="How many documents.")
@click.option(
    "--records", default=3, show_default=True, type=click.IntRange(0, 200_000), help="Records in each document."
)
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(min=0), help="Same seed and version, same bytes."
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write to. Default: standard output (one document).",
)
@click.option(
    "--profile", default="reconstruction", show_default=True, help="Profile file, or the name of a bundled one."
)
def command(channel: str, count: int, records: int, seed: int, out: Path | None, profile: str) -> None:
    """Write sample documents of CHANNEL: contract, discount or payout.

    They are valid by schema and by the domain's rules, and all their people are made up.
    """
    if out is None and count > 1:
        fail("more than one document needs a folder: add --out DIR")
    try:
        chosen = load_profile(profile)
    except ProfileError as reason:
        fail(str(reason))
    documents = sample_documents(ChannelName(channel), chosen, count=count, records=records, seed=seed)
    if out is None:
        sys.stdout.buffer.write(write_document(next(iter(documents)), chosen))
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        for number, document in enumerate(documents, start=1):
            file = out / f"{channel}-{seed}-{number:04d}.xml"
            file.write_bytes(write_document(document, chosen))
            click.echo(str(file))
    except OSError as reason:
        fail(f"cannot write to {out}: {reason.strerror}; choose another folder with --out")
