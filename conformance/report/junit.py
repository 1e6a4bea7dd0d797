"""junit.xml for CI systems: a test suite per chapter with a test case per requirement, and a suite of the scenarios."""

from __future__ import annotations

from pathlib import Path

from lxml import etree
from lxml.builder import E

from conformance.report.events import Event, RunFinished, Status
from conformance.report.json_report import prepare_folder, write_whole
from conformance.report.summary import (
    RequirementVerdict,
    RunSummary,
    ScenarioResult,
    SeenBreach,
    chapter_name,
    waiver_fault,
)

FILE_NAME = "junit.xml"
_Element = etree._Element  # noqa: SLF001 - lxml has no public name for the type


class JUnitReport:
    """A consumer that writes ``junit.xml`` into the report's folder when the run is over. Raises ReportError."""

    def __init__(self, report: Path) -> None:
        self._folder = prepare_folder(report)
        self._summary = RunSummary()

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        self._summary(event)
        if isinstance(event, RunFinished):
            write_whole(self._folder / FILE_NAME, junit(self._summary))


def junit(summary: RunSummary) -> bytes:
    """Return a finished run as JUnit's XML, in English."""
    started, finished = summary.started, summary.finished
    suites = [
        _suite(
            f"{chapter} {chapter_name(chapter).in_language('en')}".strip(),
            [_requirement(verdict) for verdict in verdicts],
        )
        for chapter, verdicts in summary.chapters.items()
    ]
    if summary.scenarios:
        suites.append(_suite("scenarios", [_scenario(scenario) for scenario in summary.scenarios]))
    if summary.waiver_faults:
        cases = [
            _case("waivers", waiver.requirement, E.failure(message=str(waiver_fault(waiver, fault)), type="waiver"))
            for waiver, fault in summary.waiver_faults
        ]
        suites.append(_suite("waivers", cases))
    if summary.harness_failures:
        cases = [_case("harness", failure.where, _error(failure.message)) for failure in summary.harness_failures]
        suites.append(_suite("harness", cases))
    root = E.testsuites(*suites, name="aldis-conformance")
    for count in ("tests", "failures", "errors", "skipped"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in suites)))
    if finished is not None:
        root.set("time", f"{finished.seconds:.3f}")
    if started is not None:
        for suite in suites:
            suite.set("timestamp", started.started_at.replace(microsecond=0, tzinfo=None).isoformat())
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _suite(name: str, cases: list[_Element]) -> _Element:
    suite = E.testsuite(*cases, name=_clean(name), tests=str(len(cases)))
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")
    return suite


def _case(kind: str, name: str, *content: _Element, seconds: float = 0.0) -> _Element:
    return E.testcase(*content, classname=f"aldis.{kind}", name=_clean(name), time=f"{seconds:.3f}")


def _requirement(verdict: RequirementVerdict) -> _Element:
    info = verdict.info
    content: list[_Element] = []
    detail = "\n\n".join(_breach(breach) for breach in verdict.breaches)
    standing = f"{info.level}, {info.basis}: {info.source}"
    if verdict.status is Status.FAILED:
        text = f"{detail}\n\nSource: {standing}\nWhat to do: {info.remedy_en}"
        content.append(
            E.failure(_clean(text), message=_clean(verdict.breaches[0].breach.message.in_language("en")), type=info.id)
        )
    elif verdict.status in (Status.WARNED, Status.WAIVED):
        content.append(
            E("system-out", _clean(f"{verdict.status.name} ({standing})\n\n{detail}\n\nWhat to do: {info.remedy_en}"))
        )
    elif verdict.status is Status.NOT_TESTED:
        content.append(E.skipped(message="no scenario that was run gave an occasion to judge this"))
    return _case(verdict.chapter, f"{info.id} {info.text_en}", *content)


def _breach(seen: SeenBreach) -> str:
    breach = seen.breach
    happened, expected = (text.in_language("en") for text in (breach.message, breach.expected))
    lines = [happened, f"Expected: {expected}", f'Scenario: "{seen.scenario}"']
    for evidence in breach.evidence:
        entry = None if evidence.entry is None else f"journal entry {evidence.entry}"
        lines.append("Where: " + " ".join(part for part in (entry, evidence.path, evidence.excerpt) if part))
    return "\n".join(lines)


def _scenario(result: ScenarioResult) -> _Element:
    finished = result.finished
    reason = finished.reason or ""
    broken = ", ".join(result.broken)
    content: list[_Element] = []
    match finished.status:
        case Status.FAILED:
            message = reason or f"broken: {broken}"
            content.append(E.failure(_clean(message), message=_clean(message), type="scenario"))
        case Status.ERROR:
            content.append(_error(reason))
        case Status.NOT_TESTED:
            content.append(E.skipped(message=_clean(reason)))
        case Status.WARNED:
            content.append(E("system-out", _clean(f"WARNING: {broken}")))
    return _case("scenarios", result.title, *content, seconds=finished.seconds)


def _error(message: str) -> _Element:
    return E.error(_clean(message), message=_clean(message), type="harness")


def _clean(text: str) -> str:
    # XML 1.0 has no way to write most control characters; a retailer's bytes may hold any.
    return "".join(char if char in "\t\n" or _allowed(ord(char)) else "\N{REPLACEMENT CHARACTER}" for char in text)


def _allowed(code: int) -> bool:
    return 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or code >= 0x10000
