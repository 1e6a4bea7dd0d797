"""``aldis ledger``: one person's year in words, from a simulator's data or a report's journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from conformance.commands import options
from conformance.commands.group import fail
from simulator.domain.identifiers import personal_code_valid

if TYPE_CHECKING:
    from conformance.accounts.statement import Statement
    from conformance.commands.recordings import Recording


@click.command("ledger")
@options.data()
@click.option("--journal", type=options.FOLDER, help="A scenario's folder in a report.")
@click.option(
    "--person", required=True, metavar="CODE", help="Personal code, also a former one; the hyphen is optional."
)
@click.option("--year", required=True, type=click.IntRange(2021, 2200), help="Calendar year.")
@options.language()
@click.option("--html", type=options.FILE, metavar="FILE", help="Write a page there.")
@options.as_json()
@click.option("--world", metavar="FILE", help="With --journal: the world it was made in, for name and former codes.")
@options.profile("With --journal: the profile that it was made under.")
def command(
    data: Path | None,
    journal: Path | None,
    person: str,
    year: int,
    lang: str,
    html: Path | None,
    as_json: bool,
    world: str | None,
    profile: str,
) -> None:
    """Tell a person's year: granted, applied bill by bill, carried over, lapsed, given back, and why."""
    if (data is None) == (journal is None):
        fail("give either --data, the folder of aldis serve --data, or --journal, a scenario's folder in a report")
    if not personal_code_valid(person):
        fail(f"--person {person} is no personal code; expected DDMMYY-NNNNN, for example 010180-00012")
    from conformance.accounts.statement import statement
    from conformance.commands.recordings import open_recording

    opened = open_recording(data, "tell") if data is not None else _reports_journal(journal or Path(), profile, world)
    with opened as recording:
        year_of_person = statement(recording.journal, recording.profile, person, year, recording.world)
    _show(year_of_person, lang, html, as_figures=as_json)


def _show(year: Statement, lang: str, html: Path | None, *, as_figures: bool) -> None:
    from conformance.accounts import ledger

    if html is not None:
        try:
            html.write_text(ledger.as_page(year, lang), encoding="utf-8")
        except OSError as reason:
            fail(f"{html}: the page cannot be written: {reason.strerror}; choose another file")
    if as_figures:
        click.echo(json.dumps(ledger.as_json(year), ensure_ascii=False, indent=2))
    elif html is None:
        click.echo(ledger.as_text(year, lang), nl=False)
    else:
        click.echo(str(html))


@contextmanager
def _reports_journal(directory: Path, profile: str, world: str | None) -> Iterator[Recording]:
    from conformance.commands.recordings import Recording
    from simulator.documents.profile import load_profile
    from simulator.journal import FolderJournal
    from simulator.world.file import load_world

    scenarios = sorted(path.parent.name for path in directory.glob("*/journal.jsonl"))
    if scenarios and not (directory / "journal.jsonl").is_file():
        fail(f"{directory} holds the journals of several scenarios; give one of them: {', '.join(scenarios[:10])}")
    yield Recording(FolderJournal(directory), load_profile(profile), None if world is None else load_world(world))
