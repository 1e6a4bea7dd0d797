"""report.html in a real browser: no complaint on its console, both languages, and all of it by keyboard."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conformance.commands.running import aldis

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.interop, pytest.mark.browser]
ROOT = Path(__file__).parents[2]
RETAILER = """
[retailer]
name = "Sabojātā Enerģija"
registration_number = "40009990008"
authority = "100777"

[driver]
kind = "python"
object = "tests.mutants.money:VatCovered"
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    (folder / "retailer.toml").write_text(RETAILER, encoding="utf-8")
    done = aldis(
        "check", "--retailer", str(folder / "retailer.toml"), "--only", "PAY-01", "--report", str(folder), cwd=ROOT
    )
    assert done.returncode == 1
    return folder


@pytest.fixture(scope="module")
def browser_path() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, "no Chromium is installed; tests/interop/install.sh installs Debian's"
    return found


@pytest.fixture
def page(report: Path, browser_path: str) -> Iterator[Page]:
    from playwright.sync_api import sync_playwright

    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        opened = browser.new_context(offline=True).new_page()
        opened.on("console", lambda message: complaints.append(message.text))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("requestfailed", lambda request: complaints.append(request.url))
        opened.goto((report / "report.html").as_uri())
        yield opened
        browser.close()
    assert not complaints


def test_the_language_switches(page: Page) -> None:
    assert page.locator("#verdict").inner_text().startswith("FAILED")
    page.get_by_role("button", name="Latviski").click()
    assert page.locator("html").get_attribute("lang") == "lv"
    assert page.locator("#verdict").inner_text().startswith("NAV IZTURĒTS")
    assert page.title().startswith("ALDIS atbilstības pārbaude")
    assert not page.get_by_text("Requirements", exact=True).is_visible()
    page.get_by_role("button", name="English").click()
    assert page.get_by_text("Requirements", exact=True).is_visible()


def test_evidence_is_reached_by_keyboard(page: Page) -> None:
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('.evidence') !== null"):
            break
    target = page.evaluate("document.activeElement.getAttribute('href')")
    assert target
    page.keyboard.press("Enter")
    page.wait_for_function("id => document.activeElement.id === id", arg=target[1:])
    moment = page.locator(f"[id='{target[1:]}']")
    assert moment.is_visible()
    page.keyboard.press("Tab")  # goes on from there: to the document that was sent
    page.keyboard.press("Enter")
    assert moment.locator("pre").is_visible()


def test_only_what_is_broken_can_be_shown(page: Page) -> None:
    assert page.locator("#DIT-01").is_visible()
    page.get_by_role("button", name="Broken only").click()
    assert not page.locator("#DIT-01").is_visible()
    assert page.locator("#PAY-01").is_visible()


def test_a_narrow_window_does_not_scroll_sideways(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_reports_agree(page: Page, report: Path) -> None:
    told = json.loads((report / "report.json").read_text(encoding="utf-8"))
    broken = [each["id"] for each in told["requirements"] if each["status"] == "failed"]
    assert page.locator("details.requirement.failed").evaluate_all("all => all.map(each => each.id)") == broken
