"""Schemas are compiled one at a time: libxml2 fails when the first schemas of a process are compiled at once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from lxml import etree

from simulator.documents import catalogue


def test_threads_that_need_a_schema_at_once_compile_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    inside: list[int] = []
    most: list[int] = []
    compile_one = etree.XMLSchema

    def watched(tree: etree._ElementTree) -> etree.XMLSchema:
        inside.append(threading.get_ident())
        most.append(len(inside))
        time.sleep(0.01)
        made = compile_one(tree)
        inside.remove(threading.get_ident())
        return made

    monkeypatch.setattr(etree, "XMLSchema", watched)
    known = catalogue.Catalogue.default()
    start = threading.Barrier(4)

    def need(_: int) -> None:
        start.wait()
        known.compiled("URN:IVIS:100001:XSD-DIT-DITMessage-v1-0")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(need, range(4)))
    assert most == [1, 1, 1, 1]
