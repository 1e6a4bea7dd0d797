"""``aldis audit``: DIT's audit records of the calls made in its channels, from a simulator's data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from conformance.commands import options
from simulator.domain.language import _

if TYPE_CHECKING:
    from simulator.journal.audit import AuditRecord

_COLUMNS = (
    _("time"),
    _("user"),
    _("authority"),
    _("operation"),
    _("outcome"),
    _("bytes"),
    _("messages"),
    _("channel version"),
)


@click.command("audit")
@options.data(required=True, type=click.Path(file_okay=False, exists=True, path_type=Path))
@click.option("--channel", metavar="NAME|URN", help="contract, discount, payout, or a channel's or version's URN.")
@click.option("--user", metavar="USER", help="A DIT user, or the 6-digit id of an authority.")
@click.option("--since", metavar="ISO", help="Simulated date and time to begin with.")
@options.language()
@options.as_json("Print JSON, one record a line.")
def command(data: Path, channel: str | None, user: str | None, since: str | None, lang: str, *, as_json: bool) -> None:
    """List who called what in DIT's channels, and with which outcome. DIT keeps such records (documented)."""
    start = None if since is None else options.moment("--since", since)
    from conformance.commands.recordings import open_recording
    from simulator.journal import Kind
    from simulator.journal.audit import audit, channel_named

    with open_recording(data, "list") as recording:
        urn = None if channel is None else channel_named(channel, recording.profile)
        exchanges = (entry for entry in recording.journal.entries() if entry.kind is Kind.EXCHANGE)
        records = audit(exchanges, channel=urn, user=user, since=start)
        for line in _as_json(records) if as_json else _as_text(records, lang):
            click.echo(line)


def _as_json(records: Iterable[AuditRecord]) -> Iterator[str]:
    for record in records:
        yield json.dumps({**asdict(record), "at": record.at.isoformat()}, ensure_ascii=False)


def _as_text(records: Iterable[AuditRecord], lang: str) -> Iterator[str]:
    yield "\t".join(column.in_language(lang) for column in _COLUMNS)
    accepted = _("accepted").in_language(lang)
    for record in records:
        yield "\t".join(
            (
                record.at.isoformat(timespec="seconds"),
                record.user or "-",
                record.authority or "-",
                record.operation or "-",
                record.fault_code or accepted,
                str(record.size),
                " ".join(record.message_ids) or "-",
                " ".join(record.channel_versions) or record.channel or "-",
            )
        )
