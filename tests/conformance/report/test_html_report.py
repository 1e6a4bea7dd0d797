"""report.html: one file, both languages everywhere, every link leads somewhere, and nothing of others can act in it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from lxml import etree
from lxml import html as lxml_html

from conformance.accounts.timeline import describe_flaw
from conformance.report.events import Lane, Mark, Moment, Status, Timeline
from conformance.report.html_report import HtmlReport, page
from simulator.domain.language import Bilingual, _
from simulator.fault_injection.faults import DELIVERY
from tests.conformance.report.runs import BEGAN, fold, harness, judged, run, scenario

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\x00\x1b[31m\u0085"


def _timeline() -> Timeline:
    moments = tuple(
        Moment(
            entry,
            BEGAN + timedelta(days=entry % 40),
            lane,
            Bilingual(f"notikums {entry}", f"event {entry}"),
            trouble=entry == 57,
        )
        for entry, lane in zip(range(55, 61), [*Lane, *Lane], strict=True)
    )
    return Timeline(moments, (Mark(date(2026, 3, 7), _("ALDIS decides")),))


def _page(**changes: object) -> etree._Element:
    events = run(
        scenario("month", judged("PAY-01", 3, broken=1), judged("DIT-01", 2), timeline=_timeline(), **changes),
        scenario("year", judged("PAY-10", 1, broken=1), status=Status.FAILED, reason=HOSTILE),
        retailer=f"Enerģija {HOSTILE}",
    )
    return lxml_html.document_fromstring(page(fold(events)).decode("utf-8"))


def test_it_is_one_file_that_asks_for_nothing_else() -> None:
    tree = _page()
    assert not tree.xpath("//link | //img | //iframe | //script[@src]")
    assert all(element.get("href", "").startswith("#") for element in tree.iter("a"))
    assert "@import" not in tree.findtext(".//style", "")
    assert "url(" not in tree.findtext(".//style", "")


def test_every_link_leads_to_a_place_that_exists_once() -> None:
    tree = _page()
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    links = [element.get("href", "")[1:] for element in tree.iter("a")]
    assert links
    assert set(links) <= set(ids)


def test_evidence_leads_to_its_moment_in_the_timeline() -> None:
    (link,) = _page().xpath("//details[@id='PAY-01']//*[contains(@class, 'evidence')]//a")
    assert link.get("href") == "#s1-e57"


def test_of_many_equal_breaches_three_are_shown_and_the_rest_is_counted() -> None:
    summary = fold(run(scenario("month", judged("PAY-01", 319, broken=319), timeline=_timeline())))
    details = lxml_html.document_fromstring(page(summary).decode("utf-8")).get_element_by_id("PAY-01")
    assert len(details.xpath(".//*[@class='breach']")) == 3
    assert "and 316 more places: The month" in details.text_content()
    assert "un vēl 316 citas vietas: The month" in details.text_content()


def test_what_failed_stands_first() -> None:
    events = run(
        scenario("month", judged("PAY-01", 3, broken=1), judged("DIT-01", 2), timeline=_timeline()),
        scenario("year", judged("DIT-01", 1), status=Status.FAILED, reason="the retailer refused"),
    )
    tree = lxml_html.document_fromstring(page(fold(events)).decode("utf-8"))
    assert tree.xpath("//*[@id='verdict']//a/@href") == ["#PAY-01", "#s2"]
    green = lxml_html.document_fromstring(page(fold(run(scenario("month", judged("DIT-01", 2))))).decode("utf-8"))
    assert not green.xpath("//*[@id='verdict']//ul")


def test_every_text_stands_in_both_languages() -> None:
    tree = _page()
    texts = tree.xpath("//*[contains(concat(' ', @class, ' '), ' t ')]")
    assert len(texts) > 100
    for text in texts:
        if text.get("lang") == "lv":
            twin = text.getnext()
            assert twin is not None
            assert twin.get("lang") == "en"
            assert (text.text_content().strip() == "") == (twin.text_content().strip() == "")


def test_broken_requirements_are_open_and_others_closed() -> None:
    tree = _page()
    assert tree.get_element_by_id("PAY-01").get("open") is not None
    assert tree.get_element_by_id("DIT-01").get("open") is None


def test_what_others_wrote_is_shown_and_never_runs() -> None:
    tree = _page()
    assert len(tree.xpath("//script")) == 1
    assert not tree.xpath("//@onerror")
    assert "alert(1)" in tree.text_content()
    assert "\x1b" not in tree.text_content()


def test_it_can_be_used_without_a_mouse_and_read_aloud() -> None:
    tree = _page()
    assert tree.get("lang") == "lv"
    assert len(tree.xpath("//h1")) == len(tree.xpath("//main")) == 1
    assert all(element.get("aria-hidden") == "true" for element in tree.iter("svg"))
    assert not tree.xpath("//*[@onclick]")
    assert all(element.get("type") == "button" and element.text_content().strip() for element in tree.iter("button"))
    assert all(element.xpath("./summary") for element in tree.iter("details"))
    assert tree.xpath("//a[@class='skip']")[0].get("href") == "#result"


@pytest.mark.parametrize(
    ("events", "says"),
    [
        (run(scenario("month", judged("DIT-01"))), "PASSED"),
        (run(), "NOTHING WAS TESTED"),
        ([*run(scenario("month", judged("DIT-01")))[:-1], *harness(), *run()[-1:]], "THE HARNESS FAILED"),
    ],
)
def test_the_verdict_is_said_first(events: list[object], says: str) -> None:
    tree = lxml_html.document_fromstring(page(fold(events), "en"))  # type: ignore[arg-type]
    assert says in tree.get_element_by_id("verdict").text_content()
    assert tree.get("lang") == "en"


def test_the_consumer_writes_the_file_when_the_run_is_over(tmp_path: Path) -> None:
    report = HtmlReport(tmp_path / "report", lang="en")
    for event in run(scenario("month", judged("DIT-01"))):
        report(event)
    written = (tmp_path / "report" / "report.html").read_bytes()
    assert written.startswith(b"<!DOCTYPE html>")
    assert written.decode("utf-8").count("</html>") == 1


@pytest.mark.parametrize("kind", sorted(DELIVERY))
def test_a_timeline_says_what_is_wrong_with_a_delivery(kind: str) -> None:
    flaw = describe_flaw(kind)
    assert flaw.in_language("lv") != flaw.in_language("en")
    assert "purpose" not in flaw.in_language("en")  # each has words of its own
    assert describe_flaw(None).in_language("lv") == describe_flaw(None).in_language("en") == ""
