"""HTML pages from the templates in ``conformance/templates``; each page is one file that opens offline."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.domain.language import Text, _, ngettext, pgettext

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).with_name("templates")


def render(template: str, language: str, **values: object) -> str:
    """Return a page from a template. ``language`` is ``lv`` or ``en``; ``values`` are the template's variables.

    Every value is escaped, and control characters in it are replaced: what others wrote is shown and cannot act. A
    template that names a variable which it was not given raises jinja2's UndefinedError.
    """

    def say(text: Text) -> str:
        return text.in_language(language)

    return _environment().get_template(template).render(language=language, say=say, **values)


@cache
def _environment() -> Environment:
    # Imported here: jinja2 takes a tenth of a second, and most commands render no page.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_without_control_characters,
    )
    environment.globals.update({"_": _, "ngettext": ngettext, "pgettext": pgettext})
    return environment


def _without_control_characters(value: object) -> object:
    # HTML has no way to write most of them, and the bytes of a retailer may hold any. What has __html__ is markup.
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return "".join(
        char if char in "\t\n" or (unicodedata.category(char) not in ("Cc", "Cs") and char < "\ufffe") else "\ufffd"
        for char in value.replace("\r\n", "\n")
    )
