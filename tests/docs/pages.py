"""Pages of the documentation as the tests read them: their code blocks, links, headings and commands."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md")))
_BLOCK = re.compile(r"^```(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_INLINE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced code block: the word after the fence (``sh``, ``text``, ``diff``) and its text."""

    language: str
    text: str


@cache
def generated() -> ModuleType:
    """The Sphinx extension that fills in the generated parts."""
    spec = importlib.util.spec_from_file_location("docs_generated", DOCS / "_ext" / "generated.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@cache
def text_of(page: Path) -> str:
    """The Markdown of a page, with its generated parts filled in."""
    text: str = generated().expand(page.read_text(encoding="utf-8"))
    return text


def blocks(page: Path) -> list[Block]:
    """The fenced code blocks of a page, in order."""
    return [Block(*found) for found in _BLOCK.findall(page.read_text(encoding="utf-8"))]


def links(page: Path) -> list[str]:
    """The targets of a page's links, as they are written."""
    return _LINK.findall(_without_code(text_of(page)))


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub and Sphinx give the headings of a page."""
    found: set[str] = set()
    for heading in _HEADING.findall(_BLOCK.sub("", text_of(page))):
        slug = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()).replace(" ", "-")
        number = 0
        while (anchor := slug if not number else f"{slug}-{number}") in found:
            number += 1
        found.add(anchor)
    return found


def command_lines(page: Path) -> Iterator[str]:
    """Every call of ``aldis`` on a page: in ``sh`` blocks, and in the text as ``aldis ...``."""
    text = page.read_text(encoding="utf-8")
    for block in blocks(page):
        if block.language == "sh":
            yield from (line.partition(" # ")[0] for line in block.text.splitlines() if line.startswith("aldis "))
    yield from (code for code in _INLINE.findall(_BLOCK.sub("", text)) if code.startswith("aldis "))


def _without_code(text: str) -> str:
    return _INLINE.sub("", _BLOCK.sub("", text))
