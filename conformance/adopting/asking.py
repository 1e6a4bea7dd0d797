"""Asks a person on a terminal what no name tells."""

from __future__ import annotations

import rich_click as click

from conformance.adopting.matching import Bound
from conformance.adopting.places import Place


def ask_place(name: str, bound: Bound) -> str | None:
    """Where a field is: a number of the list or a path; nothing leaves it open. Asked again for a path that is none."""
    click.echo(f"\n{name}: where is it? Recognised by no name. It could be:")
    for number, each in enumerate(bound.candidates, start=1):
        click.echo(f"  {number}  {each.path}")
    answer: str = click.prompt("Number or path (empty: leave open)", default="", show_default=False)
    answer = answer.strip()
    if answer.isdigit() and 1 <= int(answer) <= len(bound.candidates):
        return bound.candidates[int(answer) - 1].path
    return answer or None


def ask_word(name: str, value: str, place: Place) -> str | None:
    """How a value is written at a place; nothing leaves it open. What the schema does not allow is asked again."""
    allowed = place.enumeration
    there = f" The schema allows: {', '.join(allowed)}." if allowed else ""
    while True:
        click.echo(f"\n{name} at {place.path}: how is {value} written?{there}")
        answer: str = click.prompt("Word (empty: leave open)", default="", show_default=False)
        if not answer.strip() or not allowed or answer.strip() in allowed:
            return answer.strip() or None
        click.echo(f"The schema does not allow {answer.strip()!r}.")
