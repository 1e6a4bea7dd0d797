"""Every internal link of README, CHANGELOG and docs leads to a file that exists, and to a heading of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import DOCS, PAGES, ROOT, anchors, links


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES])
def test_links(page: Path) -> None:
    broken = []
    for target in links(page):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def test_every_page_can_be_reached() -> None:
    reached: set[Path] = set()
    waiting = [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        files = [(page.parent / target.partition("#")[0]).resolve() for target in links(page) if "://" not in target]
        waiting += [file for file in files if file.suffix == ".md" and file.is_relative_to(DOCS)]
    assert set(DOCS.rglob("*.md")) - reached == set()
