"""``aldis requirements``: the catalogue, with how each requirement is tested."""

from __future__ import annotations

import json

import rich_click as click

from conformance.commands import options
from conformance.commands.group import NOTHING_TESTED
from conformance.requirements.catalogue import Requirement, load
from simulator.domain.provenance import Basis


@click.command("requirements")
@click.option("--chapter", metavar="C", help="Only this chapter, for example PAY.")
@click.option("--basis", type=click.Choice([basis.value for basis in Basis]), help="Only requirements of this basis.")
@options.language("Language of the texts.")
@options.as_json()
@click.pass_context
def command(context: click.Context, chapter: str | None, basis: str | None, lang: str, as_json: bool) -> None:
    """List the requirements with their level, basis and source, and how each is tested."""
    chosen = [
        requirement
        for requirement in load()
        if (chapter is None or requirement.chapter == chapter.upper())
        and (basis is None or requirement.provenance.basis.value == basis)
    ]
    if as_json:
        click.echo(json.dumps([_as_json(requirement) for requirement in chosen], ensure_ascii=False, indent=2))
    else:
        for requirement in chosen:
            _print(requirement, lang)
    if not chosen:
        click.echo("aldis: no requirement has that chapter and basis; aldis requirements lists them all", err=True)
        context.exit(NOTHING_TESTED)


def _print(requirement: Requirement, lang: str) -> None:
    text = requirement.text_lv if lang == "lv" else requirement.text_en
    click.echo(f"{requirement.id}  {requirement.level.value}, {requirement.provenance.basis.value}")
    click.echo(f"  {text}")
    click.echo(f"  source: {requirement.provenance.source}")
    click.echo(f"  tested: {_tested(requirement)}")


def _tested(requirement: Requirement) -> str:
    return f"no: {requirement.untested}" if requirement.untested else "by a rule over all traffic"


def _as_json(requirement: Requirement) -> dict[str, object]:
    return {
        "id": requirement.id,
        "chapter": requirement.chapter,
        "level": requirement.level.value,
        "basis": requirement.provenance.basis.value,
        "source": requirement.provenance.source,
        "text": {"lv": requirement.text_lv, "en": requirement.text_en},
        "remedy": {"lv": requirement.remedy_lv, "en": requirement.remedy_en},
        "untested": requirement.untested,
    }
