"""Conversion between the domain's values and their text in XML, for each kind of field."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from simulator.domain.model import Period

XML_SPACE = " \t\r\n"
_DECIMAL = re.compile(r"([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(Z|[+-]\d{2}:\d{2})?", re.ASCII)
_DATE_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(\.\d+)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)
_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", re.ASCII)
_MONTH = re.compile(r"(\d{4}-\d{2})(Z|[+-]\d{2}:\d{2})?", re.ASCII)


class Kind(StrEnum):
    """Kind of value that a field holds; the member's value is its description in messages."""

    TEXT = "text"
    GUID = "a GUID"
    COUNT = "a whole number"
    MONEY = "an amount in EUR"
    DATE = "a day, YYYY-MM-DD"
    DATE_TIME = "a date and time, YYYY-MM-DDThh:mm:ss with the time zone"
    PERIOD = "a month, YYYY-MM"
    BOOLEAN = "true or false"
    CHOICE = "one of the profile's values"

    __hash__ = str.__hash__  # faster than that of enumerations, and looked up for each value of a document


def read_money(text: str) -> Decimal:
    """Return an amount in EUR with two decimals, or more where they are not zeros, so that a rule can report them.

    Raises ValueError, as all functions here that read.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise ValueError(text)
    sign, whole, fraction = match[1], match[2] or "0", (match[3] or "").rstrip("0").ljust(2, "0")
    return Decimal(f"{sign}{whole}.{fraction}")


def write_money(amount: Decimal) -> str:
    """Return an amount with two decimals, or as many as it has."""
    text = str(amount)
    if text[-3:-2] == ".":  # a faster path for the usual case
        return text
    exponent = amount.as_tuple().exponent
    return f"{amount:.2f}" if isinstance(exponent, int) and exponent > -2 else f"{amount:f}"


def read_date_time(text: str) -> datetime:
    """Return an XML date and time; naive where it has no time zone, so that a rule can report it."""
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        raise ValueError(text)
    day, clock, fraction, zone = match.groups()
    midnight = clock == "24:00:00"
    micro = fraction[:7].ljust(7, "0") if fraction else ""
    value = datetime.fromisoformat(f"{day}T{'00:00:00' if midnight else clock}{micro}")
    if midnight:
        value += timedelta(days=1)
    if zone is None:
        return value
    if zone == "Z":
        return value.replace(tzinfo=UTC)
    return datetime.fromisoformat(value.isoformat() + zone)


def read_date(text: str) -> date:
    """Return an XML date without its time zone, if any."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return date.fromisoformat(match[1])


def read_period(text: str) -> Period:
    """Return an XML gYearMonth without its time zone, if any."""
    match = _MONTH.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return Period.parse(match[1])


def read_count(text: str) -> int:
    """Return a whole number of up to 18 digits."""
    if not _INTEGER.fullmatch(text):
        raise ValueError(text)
    return int(text)


def read_boolean(text: str) -> bool:
    """Return an XML boolean."""
    try:
        return {"true": True, "1": True, "false": False, "0": False}[text]
    except KeyError:
        raise ValueError(text) from None


def read_guid(text: str) -> str:
    """Return a GUID as it is written."""
    if not _GUID.fullmatch(text):
        raise ValueError(text)
    return text


READERS: dict[Kind, Callable[[str], Any]] = {
    Kind.TEXT: str,
    Kind.GUID: read_guid,
    Kind.COUNT: read_count,
    Kind.MONEY: read_money,
    Kind.DATE: read_date,
    Kind.DATE_TIME: read_date_time,
    Kind.PERIOD: read_period,
    Kind.BOOLEAN: read_boolean,
}

WRITERS: dict[Kind, Callable[[Any], str]] = {
    Kind.TEXT: str,
    Kind.CHOICE: str,
    Kind.GUID: str,
    Kind.COUNT: str,
    Kind.MONEY: write_money,
    Kind.DATE: date.isoformat,
    Kind.DATE_TIME: datetime.isoformat,
    Kind.PERIOD: str,
    Kind.BOOLEAN: lambda value: "true" if value else "false",
}
