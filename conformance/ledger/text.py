"""A person's year as text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from conformance.dates import month_name
from conformance.ledger.words import equation, euro, happenings, short_account, told, words_of
from simulator.aldis.statement import NOTHING, ContractYear, Statement

_WIDTH = 100


def as_text(found: Statement, language: str) -> str:
    """The whole statement; ``language`` is lv or en."""
    return "\n".join(_lines(found, language)) + "\n"


def _lines(found: Statement, language: str) -> Iterator[str]:
    words = words_of(language)
    who = found.code if found.name is None else f"{found.name}, {found.code}"
    yield f"{words.title}: {who}, {found.year}"
    yield words.amounts
    for each in found.contracts:
        yield ""
        yield from _contract(found, each, language)


def _contract(found: Statement, of: ContractYear, language: str) -> Iterator[str]:
    words = words_of(language)
    yield from textwrap.wrap(short_account(found, of, language), _WIDTH)
    yield equation(of, language)
    before: tuple[str, ...] = ()
    for month in of.months:
        granted = sum((each.total for each in month.granted), NOTHING)
        applied = sum((each.applied for each in month.bills if each.cancelled is None), NOTHING)
        yield ""
        yield (
            f"{month_name(month.period, language)}: {words.granted.lower()} {euro(granted)}, "
            f"{words.applied.lower()} {euro(applied)}, {words.left.lower()} {euro(month.left)}"
        )
        for line in happenings(month, language):
            yield from _item(line, "  - ")
        for granting in month.granted:
            why = tuple(told(each, language) for each in granting.why)
            same = tuple(each.replace(str(month.period), "") for each in why)
            if same == before:
                yield f"  {words.why}: {words.as_before}"
            else:
                yield f"  {words.why}:"
                yield from (line for each in why for line in _item(each, "    · "))
            before = same
    yield ""
    if of.differences:
        yield f"{words.differences}:"
        for difference in of.differences:
            yield from _item(told(difference, language), "  ! ")
    else:
        yield words.none_differ


def _item(line: str, bullet: str) -> list[str]:
    return textwrap.wrap(line, _WIDTH, initial_indent=bullet, subsequent_indent=" " * len(bullet))
