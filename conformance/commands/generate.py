"""``aldis generate``: sample documents of a channel."""

from __future__ import annotations

import sys
from pathlib import Path

import rich_click as click

from conformance.commands.failing import fail
from conformance.payloads.volume import sample_bytes
from simulator.documents.model import ChannelName
from simulator.documents.profile import ProfileError, load_profile


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
    if out is None:
        for piece in sample_bytes(ChannelName(channel), chosen, records=records, seed=seed):
            sys.stdout.buffer.write(piece)
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        for number in range(1, count + 1):
            file = out / f"{channel}-{seed}-{number:04d}.xml"
            with file.open("wb") as target:
                target.writelines(sample_bytes(ChannelName(channel), chosen, records=records, seed=seed, number=number))
            click.echo(str(file))
    except OSError as reason:
        fail(f"cannot write to {out}: {reason.strerror}; choose another folder with --out")
