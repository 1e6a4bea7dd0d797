"""The sentences of scenarios: how days, months, amounts and names are written in them, and how they are run."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from pytest_bdd import parsers

from simulator.domain.model import Category, Period

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip
_DAY = rf"\d{{1,2}} (?:{'|'.join(MONTHS)}) \d{{4}}"
_MONTH = rf"(?:{'|'.join(MONTHS)}) \d{{4}}"
_CATEGORIES = {
    "poor or low-income": Category.LOW_INCOME,
    "of disability group I": Category.DISABILITY_GROUP_1,
    "of a large family": Category.LARGE_FAMILY,
}
CALLS = {
    "sends a message": "SendMessage2",
    "lists its messages": "ReceiveMessageList",
    "reads a message": "ReceiveMessage2",
    "confirms a message": "ConfirmationAck",
    "deletes a message": "DeleteMessage",
}
CALL_FAULTS = {
    "the call gets lost before it is carried out": "lose_request",
    "the answer gets lost although all was done": "drop_reply",
    "the connection breaks half-way through the answer": "cut_reply",
    "DIT answers with HTTP 500": "http_500",
    "DIT answers with a fault of its own": "soap_fault",
    "DIT takes long to answer": "slow_reply",
}
DELIVERY_FAULTS = {
    "arrives twice": "duplicate_delivery",
    "is held up until after the following one": "out_of_order",
    "is not valid by its schema": "invalid_document",
    "also names a contract that nobody signed": "unknown_contract",
    "is another retailer's": "other_retailer",
    "has an amount with three decimals": "odd_decimals",
    "is empty": "empty_list",
    "also tells of another retailer's customer": "leak",
}
TOKEN_FAULTS = {
    "has ended already": "expired_token",
    "is signed by somebody whom DIT does not trust": "foreign_token",
}
_PATTERNS = {
    "day": _DAY,
    "until": _DAY,
    "month": _MONTH,
    "amount": r"-?\d+\.\d{2}",
    "person": r"[^\W\d_]\w* [^\W\d_]\w*",
    "name": r"[^\W\d_]\w* [^\W\d_]\w*",
    "contract": r"[0-9A-Za-z-]+",
    "category": "|".join(re.escape(category) for category in _CATEGORIES),
    "count": r"\d+",
    "call": "|".join(map(re.escape, CALLS)),
    "trouble": "|".join(map(re.escape, CALL_FAULTS)),
    "flaw": "|".join(map(re.escape, DELIVERY_FAULTS)),
    "token_fault": "|".join(map(re.escape, TOKEN_FAULTS)),
}


def parse_day(text: str) -> date:
    """Return ``1 March 2026`` as a date; raises ValueError for a day that does not exist."""
    day, month, year = text.split()
    return date(int(year), MONTHS.index(month) + 1, int(day))


def parse_month(text: str) -> Period:
    """Return ``March 2026`` as a period."""
    month, year = text.split()
    return Period(int(year), MONTHS.index(month) + 1)


_CONVERTERS: dict[str, Callable[[str], Any]] = {
    "day": parse_day,
    "until": parse_day,
    "month": parse_month,
    "amount": Decimal,
    "category": _CATEGORIES.__getitem__,
    "count": int,
    "call": CALLS.__getitem__,
    "trouble": CALL_FAULTS.__getitem__,
    "flaw": DELIVERY_FAULTS.__getitem__,
    "token_fault": TOKEN_FAULTS.__getitem__,
}


class Sentence(parsers.StepParser):
    """The sentence of a step, with placeholders such as ``{day}``, ``{month}``, ``{amount}`` and ``{person}``."""

    def __init__(self, template: str) -> None:
        super().__init__(template)
        pattern = re.escape(template).replace(r"\{", "{").replace(r"\}", "}")
        for name in re.findall(r"{(\w+)}", template):
            pattern = pattern.replace(f"{{{name}}}", f"(?P<{name}>{_PATTERNS[name]})")
        self._pattern = re.compile(pattern)

    def is_matching(self, name: str) -> bool:
        """Return True for a text that this sentence matches."""
        return self._pattern.fullmatch(name) is not None

    def parse_arguments(self, name: str) -> dict[str, Any] | None:
        """Return the placeholders' values: dates, periods, amounts in EUR. Raises ValueError for an invalid day."""
        match = self._pattern.fullmatch(name)
        if match is None:
            return None
        return {name: _CONVERTERS.get(name, str)(text) for name, text in match.groupdict().items()}


def write_day(value: date) -> str:
    """Return a day as sentences write it: ``1 March 2026``."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def write_month(value: Period) -> str:
    """Return a month as sentences write it: ``March 2026``."""
    return f"{MONTHS[value.month - 1]} {value.year}"
