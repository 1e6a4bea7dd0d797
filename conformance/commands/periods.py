"""A month as an option's value."""

from __future__ import annotations

import rich_click as click

from simulator.documents.model import Period


def month(context: click.Context, parameter: click.Parameter, value: str | None) -> Period | None:
    """What an option's text says, as its callback; ends the command with what was expected when it is no month."""
    if value is None:
        return None
    try:
        return Period.parse(value)
    except ValueError as reason:
        raise click.BadParameter(str(reason), context, parameter) from reason
