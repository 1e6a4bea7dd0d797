"""The scenarios on the page, each with a picture of its months and a list of its days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from conformance.report.events import Lane, Mark, Moment, Status, Timeline
from conformance.report.page.elements import Element, both, el
from conformance.report.page.verdicts import CLASS, badge
from conformance.report.summary import RunSummary, ScenarioResult

LANES = {
    Lane.BUSINESS: ("Tirgotāja darbs", "Retailer's business"),
    Lane.EXCHANGE: ("Apmaiņa ar DIT", "Exchange with DIT"),
    Lane.AUTHORITY: ("BVKB (ALDIS)", "BVKB (ALDIS)"),
}
_ROW = {Lane.BUSINESS: 44, Lane.EXCHANGE: 74, Lane.AUTHORITY: 104}
_LEFT, _RIGHT, _WIDTH, _HEIGHT = 150, 20, 1000, 128
_WEEKDAYS_LV = ("pirmd.", "otrd.", "trešd.", "ceturtd.", "piektd.", "sestd.", "svētd.")
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def features(summary: RunSummary) -> Iterator[Element]:
    """All scenarios, feature by feature, in the order in which they were played."""
    feature = None
    for number, each in enumerate(summary.scenarios, 1):
        if each.feature != feature:
            feature = each.feature
            yield el("h3", el("b", both(each.feature_lv, feature)))
        yield _scenario(number, each)


def legend() -> Element:
    """What the colours of the timelines mean."""
    entries = [(lane.value, *names) for lane, names in LANES.items()]
    entries.append(("trouble", "atteikts, pazudis vai kļūdains", "refused, lost or wrong"))
    return el(
        "ul",
        (el("li", el("span", class_=f"dot {kind}", aria_hidden="true"), both(lv, en)) for kind, lv, en in entries),
        class_="legend",
    )


def _scenario(number: int, result: ScenarioResult) -> Element:
    finished = result.finished
    return el(
        "details",
        el("summary", el("span", both(result.title_lv, result.title), class_="what"), badge(finished.status)),
        el("div", _inside(number, result), class_="inside"),
        class_=f"scenario {CLASS[finished.status]}",
        id=f"s{number}",
        tabindex="-1",
    )


def _inside(number: int, result: ScenarioResult) -> Iterator[Element]:
    finished = result.finished
    if finished.reason:
        css = "harness" if finished.status is Status.ERROR else CLASS[finished.status]
        yield el("p", finished.reason, class_=css)
    broken = sorted({each.requirement for each in finished.judged if each.breaches})
    if broken:
        links = [el("a", each, href=f"#{each}") for each in broken]
        yield el("p", both("Pārkāptās prasības: ", "Broken requirements: "), _spaced(links))
    if finished.timeline is not None and finished.timeline.moments:
        yield _picture(finished.timeline)
        yield el("ol", _days(number, finished.timeline), class_="days")


def _spaced(links: list[Element]) -> Iterator[Element | str]:
    for place, each in enumerate(links):
        if place:
            yield ", "
        yield each


# -- the picture


def _picture(timeline: Timeline) -> Element:
    """The months as a strip: a dot for each day on which somebody acted. The list below it says the same in words."""
    days = [each.at.date() for each in timeline.moments]
    first, last = min(days).replace(day=1), max(days)
    span = max((last - first).days, 27)

    def x(day: date) -> str:
        return f"{_LEFT + (day - first).days * (_WIDTH - _LEFT - _RIGHT) / span:.1f}"

    return el(
        "svg",
        (el("text", both_text, x="0", y=str(_ROW[lane] + 4), class_="lane") for lane, both_text in _lane_names()),
        (el("line", x1=str(_LEFT), x2=str(_WIDTH - _RIGHT), y1=str(y), y2=str(y)) for y in _ROW.values()),
        _months(first, last, x),
        _marked(timeline.marks, x),
        _dots(timeline.moments, x),
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        class_="month",
        aria_hidden="true",
        focusable="false",
    )


def _lane_names() -> Iterator[tuple[Lane, tuple[Element, Element]]]:
    for lane, (lv, en) in LANES.items():
        yield lane, both(lv, en, "tspan")


def _months(first: date, last: date, x: object) -> Iterator[Element]:
    assert callable(x)
    month = first
    while month <= last:
        yield el("line", x1=x(month), x2=x(month), y1="22", y2=str(_HEIGHT - 8))
        yield el("text", f"{month:%Y-%m}", x=x(month), y="14")
        month = (month + timedelta(days=32)).replace(day=1)


def _marked(marks: tuple[Mark, ...], x: object) -> Iterator[Element]:
    assert callable(x)
    for each in marks:
        yield el("line", x1=x(each.day), x2=x(each.day), y1="26", y2=str(_HEIGHT - 8), class_="mark")
        yield el("text", str(each.day.day), x=x(each.day), y=str(_HEIGHT - 1), text_anchor="middle")


def _dots(moments: tuple[Moment, ...], x: object) -> Iterator[Element]:
    assert callable(x)
    found: dict[tuple[date, Lane], list[Moment]] = defaultdict(list)
    for each in moments:
        found[each.at.date(), each.lane].append(each)
    for (day, lane), own in found.items():
        trouble = any(each.trouble for each in own)
        radius = min(5 + len(own) / 2, 9)
        css = "trouble" if trouble else lane.value
        yield el("circle", cx=x(day), cy=str(_ROW[lane]), r=f"{radius:.1f}", class_=css)


# -- the list


def _days(number: int, timeline: Timeline) -> Iterator[Element]:
    moments: dict[date, list[Moment]] = defaultdict(list)
    for each in timeline.moments:
        moments[each.at.date()].append(each)
    marks: dict[date, list[Mark]] = defaultdict(list)
    for mark in timeline.marks:
        marks[mark.day].append(mark)
    for day in sorted({*moments, *marks}):
        weekday = both(_WEEKDAYS_LV[day.weekday()], _WEEKDAYS_EN[day.weekday()])
        yield el(
            "li",
            el("time", day.isoformat(), el("br"), weekday, datetime=day.isoformat()),
            el(
                "ol",
                (el("li", both(each.text_lv, each.text_en), class_="due") for each in marks.get(day, ())),
                (_moment(number, each) for each in moments.get(day, ())),
            ),
        )


def _moment(number: int, moment: Moment) -> Element:
    lv, en = LANES[moment.lane]
    content = None
    if moment.content is not None:
        content = el(
            "details",
            el("summary", both("Saturs", "Content")),
            el("pre", moment.content, tabindex="0"),
            class_="content",
        )
    return el(
        "li",
        both(moment.text_lv, moment.text_en),
        " ",
        el("span", f"{moment.at:%H:%M} · #{moment.entry} · ", both(lv, en), class_="entry"),
        content,
        class_=f"{moment.lane.value}{' trouble' if moment.trouble else ''}",
        id=f"s{number}-e{moment.entry}",
        tabindex="-1",
    )
