"""``aldis generate``: writes sample documents of a channel."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from conformance.commands import options
from conformance.commands.group import fail
from simulator.domain.model import ChannelName, Period

if TYPE_CHECKING:
    from simulator.documents.profile import Profile


@click.command("generate")
@click.argument("channel", type=click.Choice([channel.value for channel in ChannelName]))
@click.option("--count", default=1, show_default=True, type=click.IntRange(1, 10_000), help="How many documents.")
@click.option(
    "--records", default=3, show_default=True, type=click.IntRange(0, 200_000), help="Records in each document."
)
@options.seed("Same seed and version, same bytes.")
@click.option(
    "--invalid",
    is_flag=True,
    help="With one fault in each document, another kind in each, and beside it a .expect.json with the complaint.",
)
@click.option("--out", type=options.FOLDER, help="Folder to write to. Default: standard output (one document).")
@click.option(
    "--period",
    callback=options.month,
    metavar="YYYY-MM",
    help="The month they are about. Default: one of 2026, by the seed.",
)
@options.profile()
def command(
    channel: str,
    count: int,
    records: int,
    seed: int,
    *,
    invalid: bool,
    out: Path | None,
    period: Period | None,
    profile: str,
) -> None:
    """Write sample documents of CHANNEL: contract, discount or payout.

    They are valid by schema and by the domain's rules, or with --invalid break one of them; all their people are made
    up.
    """
    if out is None and (count > 1 or invalid):
        fail("more than one file needs a folder: add --out DIR")
    from conformance.payloads.domain.samples import sample_bytes
    from simulator.documents.profile import load_profile

    name, chosen = ChannelName(channel), load_profile(profile)
    if out is None:
        for piece in sample_bytes(name, chosen, records=records, seed=seed, period=period):
            sys.stdout.buffer.write(piece)
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        if invalid:
            _write_invalid(name, chosen, count=count, records=records, seed=seed, period=period, out=out)
            return
        for number in range(1, count + 1):
            file = out / f"{channel}-{seed}-{number:04d}.xml"
            with file.open("wb") as target:
                target.writelines(sample_bytes(name, chosen, records=records, seed=seed, number=number, period=period))
            click.echo(str(file))
    except OSError as reason:
        fail(f"cannot write to {out}: {reason.strerror}; choose another folder with --out")


def _write_invalid(
    channel: ChannelName, profile: Profile, *, count: int, records: int, seed: int, period: Period | None, out: Path
) -> None:
    """Write documents with one fault each; the kinds of fault take turns, as far as a document has a place for them."""
    from conformance.payloads.domain.invalid import fault_kinds, make_invalid
    from conformance.payloads.domain.samples import sample_documents

    kinds = list(fault_kinds(channel))
    samples = sample_documents(channel, profile, count=count, records=records, seed=seed, period=period)
    for number, document in enumerate(samples, start=1):
        attempts = (make_invalid(document, profile, kind, seed=seed) for kind in kinds)
        invalid = next(attempt for attempt in attempts if attempt is not None)  # an empty file is always possible
        kinds.remove(invalid.kind)
        kinds.append(invalid.kind)
        file = out / f"{channel}-{seed}-{number:04d}-{invalid.kind}.xml"
        file.write_bytes(invalid.data)
        expected = {"code": invalid.code, "path": invalid.path, "why": invalid.why}
        text = json.dumps(expected, ensure_ascii=False, indent=2)
        file.with_suffix(".expect.json").write_text(f"{text}\n", encoding="utf-8")
        click.echo(str(file))
