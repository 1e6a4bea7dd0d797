"""Builds HTML from elements, never from text: whatever a retailer's bytes hold, it is shown and cannot act."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from lxml import etree

Element = etree._Element  # noqa: SLF001 - lxml has no public name for the type
Part = Element | str | None
Content = Part | Iterable[Part]


def el(tag: str, *content: Content, **attributes: str | None) -> Element:
    """An element. A trailing underscore of an attribute's name is dropped, others become hyphens; None is left out."""
    element = etree.Element(tag)
    for name, value in attributes.items():
        if value is not None:
            element.set(name.rstrip("_").replace("_", "-"), _clean(value))
    for each in content:
        for part in [each] if isinstance(each, str) or each is None or etree.iselement(each) else each:
            _append(element, part)
    return element


def _append(element: Element, part: Part) -> None:
    if part is None:
        return
    if isinstance(part, str):
        last = element[-1] if len(element) else None
        if last is None:
            element.text = (element.text or "") + _clean(part)
        else:
            last.tail = (last.tail or "") + _clean(part)
    else:
        element.append(part)


def _clean(text: str) -> str:
    # XML has no way to write most control characters; a retailer's bytes may hold any.
    return "".join(
        each if each in "\t\n" or (unicodedata.category(each) not in ("Cc", "Cs") and each < "\ufffe") else "\ufffd"
        for each in text.replace("\r\n", "\n")
    )


def both(lv: str, en: str, tag: str = "span") -> tuple[Element, Element]:
    """A text in both languages; the page shows one of them."""
    return el(tag, lv, class_="t", lang="lv"), el(tag, en, class_="t", lang="en")


def html(root: Element) -> bytes:
    """The whole page as bytes, UTF-8."""
    written: bytes = etree.tostring(root, method="html", encoding="utf-8", doctype="<!DOCTYPE html>")
    return written + b"\n"
