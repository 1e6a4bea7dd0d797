"""Reads the loose values of a journal's details; what is not there, or is odd, is None, never an error."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from simulator.documents.model import Address, Period, Person

Table = Mapping[str, Any]
_Item = TypeVar("_Item")
_OTHER = re.compile(r"[\W_]")


def text(value: object) -> str | None:
    """A text that says something."""
    return value if isinstance(value, str) and value else None


def table(value: object) -> Table:
    """An object; empty when it is none."""
    return value if isinstance(value, Mapping) else {}


def tables(value: object) -> Iterator[Table]:
    """The objects of a list."""
    if isinstance(value, (list, tuple)):
        yield from (item for item in value if isinstance(item, Mapping))


def texts(value: object) -> tuple[str, ...]:
    """The texts of a list."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, (list, tuple)) else ()


def money(value: object) -> Decimal | None:
    """An amount in EUR."""
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount.adjusted()) < 20 else None


def day(value: object) -> date | None:
    """An ISO date."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def month(value: object) -> Period | None:
    """A period, YYYY-MM."""
    try:
        return Period.parse(value) if isinstance(value, str) else None
    except ValueError:
        return None


def person(value: object) -> Person | None:
    """A person with all that names one."""
    fields = table(value)
    parts = [text(fields.get(name)) for name in ("code", "given_name", "surname")]
    code, given_name, surname = parts
    return None if code is None or given_name is None or surname is None else Person(code, given_name, surname)


def address(value: object) -> Address | None:
    """An address; its code may be missing."""
    fields = table(value)
    written = text(fields.get("text"))
    return None if written is None else Address(written, text(fields.get("code")))


def euro(amount: Decimal) -> str:
    """An amount as people read it; more than two decimals are shown as they are."""
    exponent = amount.as_tuple().exponent
    return f"{amount:.2f} EUR" if isinstance(exponent, int) and exponent >= -2 else f"{amount:f} EUR"


def loosely(number: str) -> str:
    """A number without what careless systems change: case, separators, leading zeros."""
    return _OTHER.sub("", number.casefold()).lstrip("0")


def only(items: Iterable[_Item]) -> _Item | None:
    """The one item; None when there is none or more than one."""
    found = list(items)
    return found[0] if len(found) == 1 else None
