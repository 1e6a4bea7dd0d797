"""``aldis requirements``: the catalogue, and what tests each requirement."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Iterator

import rich_click as click

from conformance.commands import options
from conformance.commands.group import NOTHING_TESTED, fail
from conformance.requirements.catalogue import CHAPTERS, Requirement, load
from simulator.domain.provenance import Basis

_NEAR_MATCHES = 3


@click.command("requirements")
@click.argument("names", nargs=-1, metavar="[ID-OR-CHAPTER]...")
@click.option("--chapter", metavar="C", help="Only this chapter, for example PAY.")
@click.option("--basis", type=click.Choice([basis.value for basis in Basis]), help="Only requirements of this basis.")
@options.language("Language of the texts.")
@options.as_json()
@click.pass_context
def command(
    context: click.Context, names: tuple[str, ...], chapter: str | None, basis: str | None, lang: str, as_json: bool
) -> None:
    """List the requirements with their level, basis and source, and how each is tested.

    With ids or chapters, such as PAY-03 or PAY, show these in full: also what to do when the requirement fails, the
    rule that judges it (module and function), the scenarios that are tagged with it and, in a checkout of the
    suite, the faulty retailers that break it.
    """
    wanted = _ids(names)
    chosen = [
        requirement
        for requirement in load()
        if (not names or requirement.id in wanted)
        and (chapter is None or requirement.chapter == chapter.upper())
        and (basis is None or requirement.provenance.basis.value == basis)
    ]
    if as_json:
        as_objects = [_as_json(requirement) | (_trace_as_json(requirement) if names else {}) for requirement in chosen]
        click.echo(json.dumps(as_objects, ensure_ascii=False, indent=2))
    elif names:
        click.echo("\n\n".join("\n".join(_full(requirement, lang)) for requirement in chosen), nl=bool(chosen))
    else:
        for requirement in chosen:
            _print(requirement, lang)
    if not chosen:
        click.echo("aldis: no requirement has that chapter and basis; aldis requirements lists them all", err=True)
        context.exit(NOTHING_TESTED)


def _ids(names: Collection[str]) -> frozenset[str]:
    """Return the ids of the named requirements and chapters; ends the command when a name is not known."""
    ids = [requirement.id for requirement in load()]
    known = {name: {name} for name in ids}
    known |= {chapter: {name for name in ids if name.startswith(f"{chapter}-")} for chapter in CHAPTERS}
    unknown = [name for name in names if name.upper() not in known]
    if unknown:
        fail("\n".join(_not_known(name, known) for name in unknown))
    return frozenset().union(*(known[name.upper()] for name in names))


def _not_known(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name.upper(), known, _NEAR_MATCHES)
    advice = f"did you mean {' or '.join(near)}?" if near else "aldis requirements lists them all"
    return f"{name}: there is no requirement or chapter of this name; {advice}"


def _print(requirement: Requirement, lang: str) -> None:
    click.echo(_head(requirement))
    click.echo(f"  {_text(requirement, lang)}")
    click.echo(f"  source: {requirement.provenance.source}")
    click.echo(f"  tested: {_tested(requirement)}")


def _full(requirement: Requirement, lang: str) -> Iterator[str]:
    from conformance.run.tracing import trace

    links = trace(requirement.id)
    yield _head(requirement)
    yield f"  {_text(requirement, lang)}"
    yield f"  source: {requirement.provenance.source}"
    yield f"  what to do: {requirement.remedy_lv if lang == 'lv' else requirement.remedy_en}"
    if requirement.needs is not None:
        yield f"  tested only with: {requirement.needs}"
    if requirement.untested:
        yield f"  rule: none. {requirement.untested}"
    elif links.rule is None:
        yield "  rule: none; judged by the run itself"
    else:
        yield f"  rule: {links.rule.function} in {links.rule.module}"
    if links.scenarios:
        yield f"  scenarios (aldis check --only {requirement.id}):"
        for titles in links.scenarios:
            yield (
                f"    {titles.feature_lv}: {titles.title_lv}"
                if lang == "lv"
                else f"    {titles.feature}: {titles.title}"
            )
    if links.faulty_retailers:
        yield "  faulty retailers that break it:"
        for faulty in links.faulty_retailers:
            yield f"    {faulty.name}: {faulty.fault} Seen in: {faulty.scenario}"


def _head(requirement: Requirement) -> str:
    return f"{requirement.id}  {requirement.level.value}, {requirement.provenance.basis.value}"


def _text(requirement: Requirement, lang: str) -> str:
    return requirement.text_lv if lang == "lv" else requirement.text_en


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


def _trace_as_json(requirement: Requirement) -> dict[str, object]:
    from conformance.run.tracing import trace

    links = trace(requirement.id)
    return {
        "needs": requirement.needs,
        "rule": None if links.rule is None else {"module": links.rule.module, "function": links.rule.function},
        "scenarios": [
            {
                "feature": {"lv": titles.feature_lv, "en": titles.feature},
                "title": {"lv": titles.title_lv, "en": titles.title},
            }
            for titles in links.scenarios
        ],
        "faulty_retailers": [
            {"name": faulty.name, "fault": faulty.fault, "scenario": faulty.scenario}
            for faulty in links.faulty_retailers
        ],
    }
