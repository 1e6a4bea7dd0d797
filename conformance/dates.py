"""Days and months in words, in Latvian and English."""

from __future__ import annotations

from datetime import date

from simulator.documents.model import Period

_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_MONTHS_LV = (
    "janvāris", "februāris", "marts", "aprīlis", "maijs", "jūnijs",
    "jūlijs", "augusts", "septembris", "oktobris", "novembris", "decembris",
)  # fmt: skip
_ACCUSATIVE_LV = (
    "janvāri", "februāri", "martu", "aprīli", "maiju", "jūniju",
    "jūliju", "augustu", "septembri", "oktobri", "novembri", "decembri",
)  # fmt: skip


def month_name(period: Period, language: str) -> str:
    """``March``, ``marts``."""
    return _MONTHS_LV[period.month - 1] if language == "lv" else _MONTHS_EN[period.month - 1]


def month_after_preposition(period: Period, language: str) -> str:
    """The month alone, as it follows ``for`` and ``par``, ``to`` and ``uz``."""
    return _ACCUSATIVE_LV[period.month - 1] if language == "lv" else _MONTHS_EN[period.month - 1]


def day(when: date, language: str) -> str:
    """``31 March 2026``, ``31.03.2026.``."""
    return f"{when:%d.%m.%Y}." if language == "lv" else f"{when.day} {_MONTHS_EN[when.month - 1]} {when.year}"
