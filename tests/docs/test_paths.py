"""The paths that the pages for contributors name exist."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import DOCS, ROOT

PAGES = ("architecture.md", "where-to-change.md", "decisions.md")
_TOP = ("schemas/", "fixtures/", "simulator/", "conformance/", "tests/", "docs/", ".ci/")
_ENGINE = ("engine/", "domain/")  # named below conformance/payloads in the table of the payload engine


@pytest.mark.parametrize("page", PAGES)
def test_paths_exist(page: str) -> None:
    text = (DOCS / "contributing" / page).read_text(encoding="utf-8")
    missing = []
    for path in re.findall(r"`([\w./-]+/[\w./-]*)`", text):
        if path.startswith(_TOP):
            candidates = [ROOT / path, ROOT / f"{path}.py"]
        elif path.startswith(_ENGINE):
            candidates = [ROOT / "conformance" / "payloads" / f"{path}.py"]
        else:
            continue
        if not any(candidate.exists() for candidate in candidates):
            missing.append(path)
    assert missing == []


def test_the_packages_are_all_named() -> None:
    text = (DOCS / "contributing" / "architecture.md").read_text(encoding="utf-8")
    packages = {
        f"{top}/{folder.name}"
        for top in ("simulator", "conformance")
        for folder in (ROOT / top).iterdir()
        if (folder / "__init__.py").exists()
    }
    assert {package for package in packages if f"`{package}" not in text} == set()
