"""Column types that hold the same on every database."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import String, Text
from sqlalchemy.types import TypeDecorator

from simulator.store.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

_RIGA = ZoneInfo("Europe/Riga")
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Moment(TypeDecorator[datetime]):
    """A moment, kept as text in UTC with microseconds, so that text order is time order; comes back in Europe/Riga."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a stored moment needs a time zone: {value.isoformat()}")
        return value.astimezone(UTC).isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else datetime.fromisoformat(value).astimezone(_RIGA)


class JsonText(TypeDecorator[Any]):
    """A JSON value, kept as readable text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else _ENCODER.encode(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> object:  # noqa: ARG002
        if value is None:
            return None
        try:
            return json.loads(value)
        except ValueError as error:
            raise StoreError(
                f"a value in the database is damaged (no JSON: {error}); "
                "start with an empty directory, or put a sound copy back"
            ) from error
