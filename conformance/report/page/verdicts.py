"""The requirements on the page: what each asks, how it came out, where that can be seen."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.report.events import RequirementInfo, Status
from conformance.report.page.elements import Element, both, el
from conformance.report.summary import RequirementVerdict, RunSummary, SeenBreach
from conformance.report.words import ENGLISH, LATVIAN

CLASS = {
    Status.PASSED: "passed",
    Status.FAILED: "failed",
    Status.WARNED: "warned",
    Status.WAIVED: "waived",
    Status.NOT_TESTED: "not_tested",
    Status.ERROR: "error",
}


def chapters(summary: RunSummary) -> Iterator[Element]:
    """All requirements, chapter by chapter."""
    places = _Places(summary)
    by_chapter: dict[str, list[RequirementVerdict]] = {}
    for each in summary.verdicts:
        by_chapter.setdefault(each.chapter, []).append(each)
    for chapter, verdicts in by_chapter.items():
        lv, en = LATVIAN.chapters.get(chapter, ""), ENGLISH.chapters.get(chapter, "")
        yield el("h3", el("b", chapter), " ", both(lv, en))
        for each in verdicts:
            yield _requirement(each, places)


def badge(status: Status) -> Element:
    """A status as a small coloured word."""
    return el("span", both(LATVIAN.status[status], ENGLISH.status[status]), class_=f"badge {CLASS[status]}")


class _Places:
    """Where on the page the scenarios stand in which a requirement could be judged."""

    def __init__(self, summary: RunSummary) -> None:
        self.number = {each.scenario: place for place, each in enumerate(summary.scenarios, 1)}
        self._of_title = {each.title: self.number[each.scenario] for each in summary.scenarios}
        self._name = {each.title: each.title_lv for each in summary.scenarios}
        self.checked: dict[str, list[tuple[int, str, int]]] = {}
        self._entries = {
            (self.number[each.scenario], moment.entry)
            for each in summary.scenarios
            if each.finished.timeline is not None
            for moment in each.finished.timeline.moments
        }
        for each in summary.scenarios:
            for judged in each.finished.judged:
                if judged.checked:
                    place = (self.number[each.scenario], each.title, judged.checked)
                    self.checked.setdefault(judged.requirement, []).append(place)

    def name(self, title: str) -> tuple[Element, Element]:
        """A scenario's title in both languages."""
        return both(self._name.get(title, title), title)

    def scenario(self, title: str) -> int | None:
        return self._of_title.get(title)

    def target(self, title: str, entry: int) -> str | None:
        """The anchor of a journal entry; of its scenario when the timeline does not tell the entry."""
        number = self.scenario(title)
        if number is None:
            return None
        return f"#s{number}-e{entry}" if (number, entry) in self._entries else f"#s{number}"


def _requirement(verdict: RequirementVerdict, places: _Places) -> Element:
    info = verdict.info
    return el(
        "details",
        el(
            "summary",
            el("span", info.id, class_="id"),
            el("span", both(info.text_lv, info.text_en), class_="what"),
            badge(verdict.status),
        ),
        el("div", _inside(verdict, places), class_="inside"),
        class_=f"requirement {CLASS[verdict.status]}",
        id=info.id,
        open="open" if verdict.status is Status.FAILED else None,
    )


def _inside(verdict: RequirementVerdict, places: _Places) -> Iterator[Element]:
    info = verdict.info
    yield _standing(info)
    for seen in verdict.breaches:
        yield _breach(seen, places)
    if verdict.breaches:
        yield el(
            "p", el("b", both("Ko darīt: ", "What to do: ")), both(info.remedy_lv, info.remedy_en), class_="remedy"
        )
    if info.untested:
        yield el("p", el("b", both("Nav pārbaudāms: ", "Cannot be tested: ")), info.untested)
    elif verdict.status is Status.NOT_TESTED:
        yield el(
            "p",
            both(
                "Izspēlētie scenāriji nedeva iespēju par šo spriest.",
                "The scenarios that were played gave no occasion to judge this.",
            ),
        )
    occasions = places.checked.get(info.id, ())
    if occasions:
        yield el("p", both("Pārbaudīts šajos scenārijos:", "Judged in these scenarios:"))
        yield el(
            "ul",
            (
                el("li", el("a", places.name(title), href=f"#s{number}"), f" ({count}×)")
                for number, title, count in occasions
            ),
            class_="occasions",
        )


def _standing(info: RequirementInfo) -> Element:
    lv = f"{LATVIAN.level.get(info.level, info.level)}, {LATVIAN.basis.get(info.basis, info.basis)}"
    en = f"{ENGLISH.level.get(info.level, info.level)}, {ENGLISH.basis.get(info.basis, info.basis)}"
    return el("p", both(lv, en), ". ", both("Avots: ", "Source: "), info.source, class_="basis")


def _breach(seen: SeenBreach, places: _Places) -> Element:
    breach = seen.breach
    where: list[Element] = []
    number = places.scenario(seen.scenario)
    if number is not None:
        where.append(el("dd", el("a", places.name(seen.scenario), href=f"#s{number}")))
    else:
        where.append(el("dd", seen.scenario))
    for each in breach.evidence:
        parts: list[Element | str] = []
        if each.entry is not None:
            label = both(f"žurnāla ieraksts {each.entry}", f"journal entry {each.entry}")
            target = places.target(seen.scenario, each.entry)
            parts += [el("a", label, href=target) if target else el("span", label), " "]
        if each.path:
            parts.append(el("code", each.path))
        if each.excerpt:
            parts.append(el("pre", each.excerpt))
        where.append(el("dd", parts, class_="evidence"))
    return el(
        "div",
        el("p", both(breach.message_lv, breach.message_en)),
        el(
            "dl",
            el("dt", both("Gaidīts", "Expected")),
            el("dd", both(breach.expected_lv or breach.expected, breach.expected)),
            el("dt", both("Kur", "Where")),
            where[0],
            _pairs(where[1:]),
            class_="facts",
        ),
        class_="breach",
    )


def _pairs(where: list[Element]) -> Iterator[Element]:
    for each in where:
        yield el("dt")
        yield each
