"""Puts the page together: verdict, figures, requirements, scenarios."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from conformance.report.events import Status
from conformance.report.page.elements import Element, both, el, html
from conformance.report.page.scenarios import features, legend
from conformance.report.page.verdicts import chapters
from conformance.report.summary import Outcome, RunSummary
from conformance.report.words import ENGLISH, LATVIAN

_HERE = Path(__file__).parent
_VERDICT = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.HARNESS_FAILED: "error",
    Outcome.NOTHING_TESTED: "not_tested",
}
_LOG = 20_000  # characters of the driver's error output that the page shows


def page(summary: RunSummary, language: str = "lv") -> bytes:
    """The whole page, UTF-8; ``language`` is the one shown first, ``lv`` or ``en``."""
    retailer = summary.started.retailer if summary.started is not None else ""
    title = f"{'ALDIS atbilstības pārbaude' if language == 'lv' else 'ALDIS conformance check'}: {retailer}"
    return html(
        el(
            "html",
            el(
                "head",
                el("meta", charset="utf-8"),
                el("meta", name="viewport", content="width=device-width, initial-scale=1"),
                el("title", title),
                el("style", (_HERE / "page.css").read_text(encoding="utf-8")),
            ),
            el(
                "body",
                el("a", both("Uz rezultātu", "To the result"), href="#result", class_="skip"),
                _header(summary, language),
                el("main", _main(summary), id="result", tabindex="-1"),
                _footer(summary),
                el("script", (_HERE / "page.js").read_text(encoding="utf-8")),
            ),
            lang=language,
            data_show="all",
        )
    )


def _header(summary: RunSummary, language: str) -> Element:
    started = summary.started
    retailer = started.retailer if started is not None else ""
    return el(
        "header",
        el(
            "div",
            el("h1", both(f"ALDIS atbilstības pārbaude: {retailer}", f"ALDIS conformance check: {retailer}")),
            el("p", _moment(summary)),
        ),
        el(
            "div",
            (
                el(
                    "button",
                    name,
                    type="button",
                    lang=each,
                    data_lang=each,
                    aria_pressed="true" if each == language else "false",
                )
                for each, name in (("lv", "Latviski"), ("en", "English"))
            ),
            class_="choices",
            role="group",
            aria_label="Valoda / Language",
        ),
    )


def _moment(summary: RunSummary) -> str:
    return f"{summary.started.started_at:%Y-%m-%d %H:%M} UTC" if summary.started is not None else ""


def _main(summary: RunSummary) -> Iterator[Element]:
    outcome = summary.outcome
    yield el(
        "section",
        el("strong", both(LATVIAN.outcome[outcome], ENGLISH.outcome[outcome]), class_=_VERDICT[outcome]),
        el("p", both(LATVIAN.conclusion[outcome], ENGLISH.conclusion[outcome])),
        _broken(summary),
        class_=f"verdict {_VERDICT[outcome]}",
        aria_labelledby="verdict",
        id="verdict",
    )
    yield _tiles(summary)
    yield _facts(summary)
    for failure in summary.harness_failures:
        yield el(
            "p", el("b", both("Pārbaudes rīka kļūda", "The harness failed")), f": {failure.where}: {failure.message}"
        )
    yield from _waivers(summary)
    yield el("h2", both("Prasības", "Requirements"), id="requirements")
    yield _filter()
    yield from chapters(summary)
    yield el("h2", both("Scenāriji un laika līnija", "Scenarios and their timeline"), id="scenarios")
    yield legend()
    yield from features(summary)
    finished = summary.finished
    if finished is not None and finished.driver_log.strip():
        yield el("h2", both("Draivera kļūdu izvades beigas", "The end of the driver's error output"))
        yield el("pre", finished.driver_log[-_LOG:], tabindex="0")


def _broken(summary: RunSummary) -> Element | None:
    """What failed, with links to it: a reader of a failed run looks for nothing else."""
    number = {each.scenario: place for place, each in enumerate(summary.scenarios, 1)}
    requirements = [
        el("li", el("a", each.info.id, href=f"#{each.info.id}"), " ", both(each.info.text_lv, each.info.text_en))
        for each in summary.broken()
    ]
    scenarios = [
        el("li", el("a", both(each.title_lv or each.title, each.title), href=f"#s{number[each.scenario]}"))
        for each in summary.failed_scenarios
    ]
    found = [*requirements, *scenarios]
    return el("ul", found, class_="broken") if found else None


def _waivers(summary: RunSummary) -> Iterator[Element]:
    faults = dict(summary.waiver_faults)
    for each in summary.started.waivers if summary.started is not None else ():
        if each in faults:
            said = both(LATVIAN.waiver_fault(each, faults[each]), ENGLISH.waiver_fault(each, faults[each]))
            yield el("p", said, class_="failed")
        else:
            lv, en = (say.waived_until.format(until=each.until, reason=each.reason) for say in (LATVIAN, ENGLISH))
            yield el("p", el("a", each.requirement, href=f"#{each.requirement}"), ": ", both(lv, en))


def _filter() -> Element:
    choices = (
        ("all", "Visas", "All"),
        ("open", "Neizpildītās un nepārbaudītās", "Broken and untested"),
        ("broken", "Tikai pārkāptās", "Broken only"),
    )
    return el(
        "div",
        (
            el(
                "button",
                both(lv, en),
                type="button",
                data_show=value,
                aria_pressed="true" if value == "all" else "false",
            )
            for value, lv, en in choices
        ),
        class_="choices",
        role="group",
        aria_label="Prasību atlase / Which requirements",
    )


def _tiles(summary: RunSummary) -> Element:
    played = sum(each.finished.status is not Status.NOT_TESTED for each in summary.scenarios)
    tiles = (
        (summary.count(Status.PASSED), "passed", "prasības izpildītas", "requirements hold"),
        (summary.count(Status.FAILED), "failed", "prasības pārkāptas", "requirements broken"),
        (summary.count(Status.WARNED), "warned", "brīdinājumi", "warnings"),
        (summary.count(Status.NOT_TESTED), "not_tested", "prasības bez pārbaudes", "requirements not tested"),
        (played, "scenario", "izspēlēti scenāriji", "scenarios played"),
    )
    return el(
        "ul",
        (el("li", el("b", str(number), class_=css if number else None), both(lv, en)) for number, css, lv, en in tiles),
        class_="tiles",
    )


def _facts(summary: RunSummary) -> Element:
    started, finished = summary.started, summary.finished
    rows: list[tuple[str, str, str]] = []
    if finished is not None and finished.retailer_name:
        system = " ".join(each for each in (finished.retailer_name, finished.retailer_version) if each)
        rows.append(("Sistēma", "System", system))
    if finished is not None and finished.can:
        rows.append(("Draiveris spēj", "The driver can", ", ".join(finished.can)))
    if started is not None:
        rows.append(("Profils", "Profile", started.profile))
        rows.append(("Drošība", "Security", started.security))
        rows.append(("Sākumvērtība", "Seed", str(started.seed)))
        rows.append(("Pārbaudes rīks", "Suite", f"aldis-conformance {started.suite_version}"))
    if finished is not None:
        rows.append(("Ilgums", "Duration", f"{finished.seconds:.0f} s"))
    return el(
        "dl",
        ([el("dt", both(lv, en)), el("dd", value)][part] for lv, en, value in rows for part in (0, 1)),
        class_="facts",
    )


def _footer(summary: RunSummary) -> Element:
    del summary
    return el(
        "footer",
        both(
            "Katra prasība norāda, cik droši tā ir zināma: dokumentēts – teikts publiskā dokumentā; izsecināts – "
            "izriet no publiskiem paraugiem; pieņemts – mūsu izvēle, jo publiska avota nav. Laiks ir simulēts.",
            "Each requirement says how well it is known: documented – said in a public document; inferred – follows "
            "from public samples; assumed – our choice, since nothing is public. Time is simulated.",
        ),
    )
