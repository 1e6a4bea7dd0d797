"""Days and months in words, in Latvian and English."""

from __future__ import annotations

from datetime import date

from simulator.domain.language import Bilingual, Text, _, pgettext
from simulator.domain.model import Period

_MONTHS = (
    _("January"), _("February"), _("March"), _("April"), _("May"), _("June"),
    _("July"), _("August"), _("September"), _("October"), _("November"), _("December"),
)  # fmt: skip
_ACCUSATIVE = (
    pgettext("accusative", "January"), pgettext("accusative", "February"), pgettext("accusative", "March"),
    pgettext("accusative", "April"), pgettext("accusative", "May"), pgettext("accusative", "June"),
    pgettext("accusative", "July"), pgettext("accusative", "August"), pgettext("accusative", "September"),
    pgettext("accusative", "October"), pgettext("accusative", "November"), pgettext("accusative", "December"),
)  # fmt: skip


def month_name(period: Period) -> Text:
    """Return the month alone: ``March``, ``marts``."""
    return _MONTHS[period.month - 1]


def month_after_preposition(period: Period) -> Text:
    """Return the month alone, as it follows ``for`` and ``par``, ``to`` and ``uz``: ``March``, ``martu``."""
    return _ACCUSATIVE[period.month - 1]


def day(when: date) -> Bilingual:
    """Return a day of the calendar: ``31 March 2026``, ``31.03.2026.``."""
    return Bilingual(f"{when:%d.%m.%Y}.", f"{when.day} {_MONTHS[when.month - 1]} {when.year}")
