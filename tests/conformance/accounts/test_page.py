"""The ledger's page: right figures, plain words in both languages, and a page that everybody can use."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from lxml import etree, html

from conformance.accounts.ledger import as_json, as_page, as_text
from conformance.accounts.statement import Statement, statement
from simulator.journal import StoredJournal
from simulator.world.file import load_world
from tests.simulator.aldis.country import Country
from tests.simulator.aldis.situations.story import Story

CONTRACT = "0077000001"


@pytest.fixture(scope="module")
def liga(tmp_path_factory: pytest.TempPathFactory) -> Statement:
    """Līga's 2026: catch-up in March, a cancelled bill in April, one record refused in May, the rest lapses."""
    country = Country(load_world("catch-up"), tmp_path_factory.mktemp("country"))
    story = Story(country)
    story.sign()
    country.until(date(2026, 5, 2))
    april = story.bill(CONTRACT, "2026-04", "12.35", "12.35", "7.90", "15.55", of="Līga")
    assert story.pay(story.bill(CONTRACT, "2026-03", "52.10", "52.10", "0.00", "7.90", of="Līga"), april) == []
    anew = story.bill(CONTRACT, "2026-04", "10.00", "10.00", "7.90", "17.90", of="Līga", invoice="R-B")
    assert story.pay(replace(april, reversal=True), anew) == []
    country.until(date(2026, 6, 2))
    much = story.bill(CONTRACT, "2026-05", "60.00", "40.00", "17.90", "0.00", of="Līga")
    assert [code for code, _ in story.pay(much)] == ["applied-above-available"]
    country.until(date(2027, 1, 22))
    year = statement(StoredJournal(country.store), country.profile, "090795-00076", 2026, country.world)
    country.store.close()
    return year


def test_the_text_says_what_happened(liga: Statement) -> None:
    text = as_text(liga, "en")
    # 60.00 in March and 9 x 20.00 = 240.00; 52.10 + 10.00 = 62.10 came off; 177.90 lapsed; 12.35 were given back.
    for line in (
        "Support on the electricity bill: Līga Zariņa, 090795-00076, 2026",
        "240.00 = 62.10 (came off bills) + 0.00 (left for later bills) + 177.90 (lapsed)",
        "March: granted 60.00, came off bills 52.10, left 7.90",
        "  - 20.00 EUR were back-paid for January, decided later.",
        "  - Invoice R-2026-03 of 31 March 2026, 52.10 EUR without VAT: 52.10 EUR came off.",
        "  - 7.90 EUR are left and carried over to April.",
        "  - Invoice R-2026-04 was cancelled on 2 May 2026: 12.35 EUR are available again.",
        "  - 177.90 EUR were not used and lapsed on 31 December: nothing goes into the next year.",
        "  Why: as in the month before",
    ):
        assert line in text.splitlines()
    joined = " ".join(text.split())
    assert "of cancelled bills were given back" in joined
    assert "The record of invoice R-2026-05 was refused on 2 June 2026: Invoice R-2026-05 took 40.00 EUR" in joined
    assert "documented: Cabinet Regulation No. 345" in joined


def test_the_text_in_latvian(liga: Statement) -> None:
    lines = as_text(liga, "lv").splitlines()
    for line in (
        "Atbalsts elektroenerģijas rēķinā: Līga Zariņa, 090795-00076, 2026",
        "240.00 = 62.10 (piemērots rēķinos) + 0.00 (atlicis nākamajiem rēķiniem) + 177.90 (zudis)",
        "marts: piešķirts 60.00, piemērots rēķinos 52.10, atlikums 7.90",
        "  - 07.03.2026. par martu piešķirti 20.00 EUR.",
        "  - Piemaksa par janvāri, kas noteikta vēlāk: 20.00 EUR.",
        "  - Atlikums 7.90 EUR pārnests uz aprīli.",
        "  - Rēķins R-2026-04 02.05.2026. atcelts: 12.35 EUR atkal ir pieejami.",
        "  - Neizmantotie 177.90 EUR 31. decembrī zuda: tos uz nākamo gadu nepārnes.",
        "  Kāpēc: tāpat kā iepriekšējā mēnesī",
    ):
        assert line in lines
    # Nothing of the English page is left in it.
    assert not re.search(r"\b(granted|bill|month|left|carried|lapsed|invoice)\b", " ".join(lines))


@pytest.mark.parametrize("language", ["lv", "en"])
def test_a_page_has_the_figures_of_the_text(liga: Statement, language: str) -> None:
    page = html.fromstring(as_page(liga, language))
    rows = page.xpath("//tbody/tr")
    assert next(row.xpath("string(th)") for row in rows) == {"lv": "marts", "en": "March"}[language]
    figures = [[cell.text for cell in row.xpath("td[@class='sum']")] for row in rows]
    assert figures[:2] == [["60.00", "52.10", "7.90"], ["20.00", "10.00", "17.90"]]
    assert page.xpath("//tfoot//td[@class='sum']/text()") == ["240.00", "62.10", "0.00"]
    text = as_text(liga, language)
    said = [element.text for element in page.xpath("//tbody//td/ul/li")]
    assert len(said) > 20
    joined = " ".join(text.split())
    assert all(" ".join((sentence or "").split()) in joined for sentence in said)


@pytest.mark.parametrize("language", ["lv", "en"])
def test_a_page_is_one_file_that_everybody_can_use(liga: Statement, language: str) -> None:
    text = as_page(liga, language)
    page = html.fromstring(text)
    assert page.get("lang") == language
    assert page.xpath("string(//title)")
    assert len(page.xpath("//h1")) == len(page.xpath("//main")) == 1
    # Opens offline and runs nothing.
    assert not page.xpath("//script | //link | //img | //iframe | //@src | //@href | //@onclick")
    assert "url(" not in text
    assert "@import" not in text
    # Every table has a caption, and every heading cell says what it heads.
    for table in page.xpath("//table"):
        assert table.xpath("string(caption)")
        assert all(element.get("scope") in ("col", "row") for element in table.xpath(".//th"))
    # What opens by click opens by keyboard, and says to a screen reader which month it is about.
    names = page.xpath("//summary/@aria-label")
    assert len(names) == len(page.xpath("//details")) == len(set(names))
    assert page.xpath("//*[@role='region' and @tabindex='0' and @aria-label]")
    # Well-formed as XML, too: nothing is left open.
    etree.fromstring(re.sub(r"<!DOCTYPE html>|<meta[^>]*>", "", text))


def test_what_a_name_holds_does_not_become_markup(liga: Statement) -> None:
    odd = replace(liga, name="<b>Līga & Co</b>")
    assert "<b>" not in as_page(odd, "en")
    assert "&lt;b&gt;Līga &amp; Co&lt;/b&gt;" in as_page(odd, "en")


def test_json_has_the_same_figures(liga: Statement) -> None:
    figures = as_json(liga)
    assert figures["totals"] == {
        "granted": "240.00",
        "applied": "62.10",
        "carried": "0.00",
        "lapsed": "177.90",
        "reversed": "12.35",
    }
