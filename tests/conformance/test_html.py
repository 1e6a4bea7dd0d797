"""Templates: what others wrote cannot act, what a template lacks is an error, and colours can be told apart."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import pytest

import conformance
from conformance import html
from conformance.html import render

STYLE = Path(conformance.__file__).parent / "templates" / "style.css"


@pytest.fixture
def templates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(html, "_TEMPLATES", tmp_path)
    monkeypatch.setattr(html, "_environment", html._environment.__wrapped__)
    return tmp_path


def test_values_are_escaped_and_control_characters_replaced(templates: Path) -> None:
    (templates / "page.html").write_text('<p title="{{ value }}">{{ value }}</p>', encoding="utf-8")
    shown = "&#34;&lt;b&gt;\ufffd[31m\n\ufffd\ufffd"
    assert render("page.html", "en", value='"<b>\x1b[31m\r\n\x00\ufffe') == f'<p title="{shown}">{shown}</p>'


def test_a_variable_that_was_not_given_is_an_error(templates: Path) -> None:
    (templates / "page.html").write_text("{{ nothing }}", encoding="utf-8")
    with pytest.raises(jinja2.UndefinedError, match="nothing"):
        render("page.html", "en")


def test_a_template_says_texts_in_the_language_of_the_page(templates: Path) -> None:
    (templates / "page.html").write_text('{{ language }}: {{ say(_("Profile")) }}', encoding="utf-8")
    assert (render("page.html", "en"), render("page.html", "lv")) == ("en: Profile", "lv: Profils")


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_colours_can_be_told_apart_in_light_and_dark() -> None:
    css = STYLE.read_text(encoding="utf-8")
    themes = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    assert len(themes) == 2
    for theme in themes:
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", theme))
        pairs = [(name, ground) for name in ("ink", "soft", "link", "bad") for ground in ("paper", "card", "none-soft")]
        pairs += [(name, f"{name}-soft") for name in ("good", "bad", "warn", "none", "harness")]
        for name, ground in pairs:
            pair = sorted((_luminance(colours[name]), _luminance(colours[ground])))
            # WCAG 2.2, 1.4.3: 4.5 to 1 for text.
            assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, (name, ground)
