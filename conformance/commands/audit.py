"""``aldis audit``: DIT's audit records of the calls made in its channels, from a simulator's data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import rich_click as click

from conformance.commands.failing import fail
from simulator.audit import AuditRecord, UnknownChannel, audit, channel_named
from simulator.clock import RIGA
from simulator.documents.profile import ProfileError, load_profile
from simulator.journal import JournalError, Kind, StoredJournal
from simulator.setting import SettingError, recorded_setting
from simulator.store import Store, StoreError

_HEADS = {
    "en": ("time", "user", "authority", "operation", "outcome", "bytes", "messages", "channel version"),
    "lv": ("laiks", "lietotājs", "iestāde", "darbība", "iznākums", "baiti", "ziņojumi", "kanāla versija"),
}
_ACCEPTED = {"en": "accepted", "lv": "pieņemts"}


@click.command("audit")
@click.option(
    "--data",
    required=True,
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Folder of aldis serve --data.",
)
@click.option("--channel", metavar="NAME|URN", help="contract, discount, payout, or a channel's or version's URN.")
@click.option("--user", metavar="USER", help="A DIT user, or the 6-digit id of an authority.")
@click.option("--since", metavar="ISO", help="Simulated date and time to begin with.")
@click.option("--lang", type=click.Choice(["lv", "en"]), default="en", show_default=True, help="Language.")
@click.option("--json", "as_figures", is_flag=True, help="Print JSON, one record a line.")
def command(
    data: Path, channel: str | None, user: str | None, since: str | None, lang: str, *, as_figures: bool
) -> None:
    """List who called what in DIT's channels, and what came of it: DIT keeps such records (documented)."""
    moment = _moment(since)
    try:
        store = Store.open(data)
    except StoreError as reason:
        fail(str(reason))
    try:
        with store.reading() as unit:
            setting = recorded_setting(unit)
        if setting is None:
            fail(f"{data}: no simulator has run here yet, so there is nothing to list")
        if channel is not None:
            channel = channel_named(channel, load_profile(setting.profile))
        entries = StoredJournal(store).entries(kind=Kind.EXCHANGE)
        found = audit(entries, channel=channel, user=user, since=moment)
        for line in _as_json(found) if as_figures else _as_text(found, lang):
            click.echo(line)
    except (JournalError, ProfileError, SettingError, StoreError, UnknownChannel) as reason:
        fail(str(reason))
    finally:
        store.close()


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail(f"--since takes an ISO 8601 date and time such as 2026-03-02T08:00; found {text!r}")
    return moment if moment.tzinfo else moment.replace(tzinfo=RIGA)


def _as_json(records: Iterable[AuditRecord]) -> Iterator[str]:
    for each in records:
        yield json.dumps({**asdict(each), "at": each.at.isoformat()}, ensure_ascii=False)


def _as_text(records: Iterable[AuditRecord], lang: str) -> Iterator[str]:
    yield "\t".join(_HEADS[lang])
    for each in records:
        yield "\t".join(
            (
                each.at.isoformat(timespec="seconds"),
                each.user or "-",
                each.authority or "-",
                each.operation or "-",
                each.fault_code or _ACCEPTED[lang],
                str(each.size),
                " ".join(each.message_ids) or "-",
                " ".join(each.channel_versions) or each.channel or "-",
            )
        )
