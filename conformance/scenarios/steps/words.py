"""How days, months, amounts and names are written in a scenario's sentences."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from pytest_bdd import parsers

from simulator.documents.model import Category, Period

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip
_DAY = rf"\d{{1,2}} (?:{'|'.join(_MONTHS)}) \d{{4}}"
_MONTH = rf"(?:{'|'.join(_MONTHS)}) \d{{4}}"
_CATEGORIES = {
    "poor or low-income": Category.LOW_INCOME,
    "of disability group I": Category.DISABILITY_GROUP_1,
    "of a large family": Category.LARGE_FAMILY,
}
_PATTERNS = {
    "day": _DAY,
    "until": _DAY,
    "month": _MONTH,
    "amount": r"-?\d+\.\d{2}",
    "person": r"[^\W\d_]\w* [^\W\d_]\w*",
    "contract": r"[0-9A-Za-z-]+",
    "category": "|".join(re.escape(each) for each in _CATEGORIES),
    "count": r"\d+",
}


def parse_day(text: str) -> date:
    """``1 March 2026`` as a date."""
    day, month, year = text.split()
    return date(int(year), _MONTHS.index(month) + 1, int(day))


def parse_month(text: str) -> Period:
    """``March 2026`` as a period."""
    month, year = text.split()
    return Period(int(year), _MONTHS.index(month) + 1)


_CONVERTERS: dict[str, Callable[[str], Any]] = {
    "day": parse_day,
    "until": parse_day,
    "month": parse_month,
    "amount": Decimal,
    "category": _CATEGORIES.__getitem__,
    "count": int,
}


def sentence(template: str) -> parsers.re:
    """A step's sentence, in which ``{day}``, ``{month}``, ``{amount}``, ``{person}`` and so on are words."""
    names = re.findall(r"\{(\w+)\}", template)
    pattern = re.escape(template).replace(r"\{", "{").replace(r"\}", "}")
    for name in names:
        pattern = pattern.replace(f"{{{name}}}", f"(?P<{name}>{_PATTERNS[name]})")
    return parsers.re(rf"^{pattern}$", converters={name: _CONVERTERS[name] for name in names if name in _CONVERTERS})
