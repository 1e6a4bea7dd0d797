"""``aldis ledger``: one person's year in words, from a simulator's data or a report's journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import rich_click as click

from conformance.commands.failing import fail
from conformance.ledger.views import as_json, as_page, as_text
from simulator.aldis.statement import NobodyError, Statement, statement
from simulator.documents.identifiers import personal_code_valid
from simulator.documents.profile import Profile, ProfileError, load_profile
from simulator.journal import FolderJournal, Journal, JournalError, StoredJournal
from simulator.setting import SettingError, recorded_setting
from simulator.store import Store, StoreError
from simulator.world import World, WorldError, load_world


@dataclass(frozen=True, slots=True)
class _Source:
    journal: Journal
    profile: Profile
    world: World | None


@click.command("ledger")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Folder of aldis serve --data.")
@click.option("--journal", type=click.Path(file_okay=False, path_type=Path), help="A scenario's folder in a report.")
@click.option(
    "--person", required=True, metavar="CODE", help="Personal code, also a former one; the hyphen is optional."
)
@click.option("--year", required=True, type=click.IntRange(2021, 2200), help="Calendar year.")
@click.option("--lang", type=click.Choice(["lv", "en"]), default="en", show_default=True, help="Language.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write a page there.")
@click.option("--json", "as_figures", is_flag=True, help="Print JSON.")
@click.option("--world", metavar="FILE", help="With --journal: the world it was made in, for name and former codes.")
@click.option(
    "--profile", default="reconstruction", show_default=True, help="With --journal: the profile that it was made under."
)
def command(
    data: Path | None,
    journal: Path | None,
    person: str,
    year: int,
    lang: str,
    html: Path | None,
    as_figures: bool,
    world: str | None,
    profile: str,
) -> None:
    """Tell a person's year: granted, applied bill by bill, carried over, lapsed, given back, and why."""
    if (data is None) == (journal is None):
        fail("give either --data, the folder of aldis serve --data, or --journal, a scenario's folder in a report")
    if not personal_code_valid(person):
        fail(f"--person {person} is no personal code; expected DDMMYY-NNNNN, for example 010180-00012")
    try:
        with _of_data(data) if data is not None else _of_journal(journal or Path(), profile, world) as source:
            found = statement(source.journal, source.profile, person, year, source.world)
    except NobodyError as nobody:
        known = f"; codes of that year are {', '.join(nobody.known)}" if nobody.known else ""
        fail(f"{nobody}{known}")
    except (JournalError, ProfileError, SettingError, StoreError, WorldError) as reason:
        fail(str(reason))
    _show(found, lang, html, as_figures=as_figures)


def _show(found: Statement, lang: str, html: Path | None, *, as_figures: bool) -> None:
    if html is not None:
        try:
            html.write_text(as_page(found, lang), encoding="utf-8")
        except OSError as reason:
            fail(f"{html}: the page cannot be written: {reason.strerror}; choose another file")
    if as_figures:
        click.echo(json.dumps(as_json(found), ensure_ascii=False, indent=2))
    elif html is None:
        click.echo(as_text(found, lang), nl=False)
    else:
        click.echo(str(html))


@contextmanager
def _of_data(directory: Path) -> Iterator[_Source]:
    if not directory.is_dir() or not any(directory.iterdir()):
        fail(f"{directory} is not the data folder of a simulator; give the folder that aldis serve --data wrote to")
    store = Store.open(directory)
    try:
        with store.reading() as unit:
            setting = recorded_setting(unit)
        if setting is None:
            fail(f"{directory}: no simulator has run here yet, so there is nothing to tell")
        yield _Source(StoredJournal(store), load_profile(setting.profile), setting.world)
    finally:
        store.close()


@contextmanager
def _of_journal(directory: Path, profile: str, world: str | None) -> Iterator[_Source]:
    inside = sorted(each.parent.name for each in directory.glob("*/journal.jsonl"))
    if inside and not (directory / "journal.jsonl").is_file():
        fail(f"{directory} holds the journals of several scenarios; give one of them: {', '.join(inside[:10])}")
    yield _Source(FolderJournal(directory), load_profile(profile), None if world is None else load_world(world))
