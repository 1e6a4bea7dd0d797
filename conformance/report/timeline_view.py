"""A scenario's timeline as report.html shows it: a picture of its months, and a list of its days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from conformance.report.events import Lane, Mark, Moment, Timeline
from simulator.domain.language import Bilingual, Shown, _

_LEFT, _RIGHT, _WIDTH, _HEIGHT = 150, 20, 1000, 128  # margins and size of the picture
_WEEKDAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))


@dataclass(frozen=True, slots=True)
class LaneView:
    """A row of a timeline's picture, ``y`` units from its top."""

    css: str
    label: Shown
    y: int


LANES = {
    Lane.BUSINESS: LaneView("business", _("Retailer's business"), 44),
    Lane.EXCHANGE: LaneView("exchange", _("Exchange with DIT"), 74),
    Lane.AUTHORITY: LaneView("authority", _("BVKB (ALDIS)"), 104),
}


@dataclass(frozen=True, slots=True)
class Dot:
    """A day on which somebody acted, in the picture of a timeline."""

    x: str
    y: int
    radius: str
    css: str


@dataclass(frozen=True, slots=True)
class Picture:
    """The months of a timeline as a strip: lines for months and due days at ``x``, and a dot per day and lane."""

    months: tuple[tuple[str, str], ...]
    marks: tuple[tuple[str, int], ...]
    dots: tuple[Dot, ...]
    left: int = _LEFT
    right: int = _WIDTH - _RIGHT
    width: int = _WIDTH
    height: int = _HEIGHT


@dataclass(frozen=True, slots=True)
class MomentView:
    """One thing that happened on a day."""

    entry: int
    time: str
    lane: LaneView
    text: Shown
    trouble: bool
    content: str | None


@dataclass(frozen=True, slots=True)
class DayView:
    """A day of a timeline, with what was due and the moments on it."""

    date: str
    weekday: Shown
    marks: tuple[Shown, ...]
    moments: tuple[MomentView, ...]


def picture(timeline: Timeline) -> Picture:
    """Return the picture of a timeline with at least one moment."""
    days = [moment.at.date() for moment in timeline.moments]
    first, last = min(days).replace(day=1), max(days)
    span = max((last - first).days, 27)

    def x(day: date) -> str:
        return f"{_LEFT + (day - first).days * (_WIDTH - _LEFT - _RIGHT) / span:.1f}"

    months, month = [], first
    while month <= last:
        months.append((x(month), f"{month:%Y-%m}"))
        month = (month + timedelta(days=32)).replace(day=1)
    by_place: dict[tuple[date, Lane], list[Moment]] = defaultdict(list)
    for moment in timeline.moments:
        by_place[moment.at.date(), moment.lane].append(moment)
    dots = (
        Dot(
            x(day),
            LANES[lane].y,
            radius=f"{min(5 + len(moments) / 2, 9):.1f}",
            css="trouble" if any(moment.trouble for moment in moments) else lane.value,
        )
        for (day, lane), moments in by_place.items()
    )
    return Picture(tuple(months), tuple((x(mark.day), mark.day.day) for mark in timeline.marks), tuple(dots))


def days_of(timeline: Timeline) -> Iterator[DayView]:
    """Yield the days on which something happened or was due, in order."""
    moments: dict[date, list[Moment]] = defaultdict(list)
    for moment in timeline.moments:
        moments[moment.at.date()].append(moment)
    marks: dict[date, list[Mark]] = defaultdict(list)
    for mark in timeline.marks:
        marks[mark.day].append(mark)
    for day in sorted({*moments, *marks}):
        yield DayView(
            day.isoformat(),
            _WEEKDAYS[day.weekday()],
            marks=tuple(mark.text for mark in marks[day]),
            moments=tuple(_moment(moment) for moment in moments[day]),
        )


def _moment(moment: Moment) -> MomentView:
    return MomentView(
        moment.entry,
        time=f"{moment.at:%H:%M}",
        lane=LANES[moment.lane],
        text=_sentence(moment.text),
        trouble=moment.trouble,
        content=moment.content,
    )


def _sentence(text: Shown) -> Bilingual:
    lv, en = (text.in_language(language) for language in ("lv", "en"))
    return Bilingual(lv[:1].upper() + lv[1:], en[:1].upper() + en[1:])
