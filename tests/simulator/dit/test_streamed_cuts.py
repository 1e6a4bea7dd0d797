"""Large lists are cut slice by slice into the same bytes as by the transformation of the whole list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.dit.model import ChannelVersion, RefusalCode
from simulator.dit.refusals import Refused
from simulator.dit.streamed_cuts import cut_in_slices
from simulator.dit.xslt import Cutter, StylesheetError
from simulator.dit.xslt_process import transformer
from simulator.documents.profile import load_profile
from simulator.documents.writing import write_document, write_national
from simulator.domain.clock import RIGA
from simulator.domain.model import (
    Category,
    CategoryCount,
    ChannelName,
    DiscountRecord,
    DiscountStatus,
    Document,
    Header,
    Period,
)
from simulator.http.provisioning import installation_for
from simulator.settings.files import data_root
from simulator.store import Store
from simulator.world.model import Authority, Retailer, World

PROFILE = load_profile()
RETAILERS = tuple(
    Retailer(f"T{n}", number, f"10077{n}", f"t{n}", n) for n, number in enumerate(("40009990008", "40009990012"), 1)
)
WORLD = World("lists", date(2026, 1, 1), Authority("100500", "BVKB"), RETAILERS)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store.open() as opened:
        yield opened


def _versions() -> list[ChannelVersion]:
    return [version for version in installation_for(WORLD, PROFILE).versions if version.transformation is not None]


def _document(provider: str, records: int) -> bytes:
    records = tuple(
        DiscountRecord(
            contract=f"{provider[-2:]}-{n} < & ēūķ",
            person_code="010180-00012",
            categories=(CategoryCount(Category.LOW_INCOME, 1),),
            amount_due=Decimal("20.00"),
            catch_up=(),
            status=DiscountStatus.GRANTED,
            decision_id=f"L-{n}",
            decision_date=date(2026, 1, 7),
        )
        for n in range(records)
    )
    header = Header(
        "00000000-0000-4000-8000-000000000001", provider, datetime(2026, 1, 7, 9, tzinfo=RIGA), Period(2026, 1), records
    )
    return write_document(Document(ChannelName.DISCOUNT, header, records), PROFILE)


def _national(counts: dict[str, int]) -> bytes:
    return write_national({provider: _document(provider, records) for provider, records in counts.items()}, PROFILE)


def _in_slices(
    store: Store, data: bytes, versions: list[ChannelVersion], *, at_once: int, piece: int, root: Path | None = None
) -> dict[str, tuple[bytes, str]]:
    def pieces() -> Iterator[bytes]:
        return (data[start : start + piece] for start in range(0, len(data), piece))

    cuts = cut_in_slices(pieces, versions, root or data_root("schemas"), store.incoming, at_once=at_once)
    try:
        return {urn: (b"".join(cut.pieces()), cut.element) for urn, cut in cuts.items()}
    finally:
        for cut in cuts.values():
            cut.close()


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from([*(retailer.registration_number for retailer in RETAILERS), "40009990026"]), st.integers(0, 40)
    ),
    st.integers(1, 12),
    st.integers(50, 9000),
)
def test_slices_and_whole_give_the_same_bytes(store: Store, counts: dict[str, int], at_once: int, piece: int) -> None:
    data = _national(counts)
    whole = {}
    with transformer() as process:
        cutter = Cutter(data, data_root("schemas"), process)
        for version in _versions():
            assert version.transformation is not None
            cut = cutter.cut(version, version.transformation)
            if cut is not None:
                whole[version.urn] = (cut.data, cut.element)
    assert _in_slices(store, data, _versions(), at_once=at_once, piece=piece) == whole


def test_a_list_that_names_a_retailer_twice_is_refused(store: Store) -> None:
    data = _national({RETAILERS[0].registration_number: 3})
    start, end = data.index(b"<nat:Part>"), data.index(b"</nat:NationalDiscount>")
    twice = data[:end] + data[start:end].replace(b"00000000-0000", b"11111111-0000") + data[end:]
    with pytest.raises(Refused) as refused:
        _in_slices(store, twice, _versions(), at_once=5, piece=500)
    assert refused.value.refusal.code is RefusalCode.INVALID_PAYLOAD


@pytest.mark.parametrize(
    "data", [b"<nat:NationalDiscount", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a><b/></a>"], ids=["broken", "DTD"]
)
def test_what_is_no_document_is_refused(store: Store, data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        _in_slices(store, data, _versions(), at_once=5, piece=10)
    assert refused.value.refusal.code is RefusalCode.INVALID_PAYLOAD


_COUNTING = """<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:p="urn:p">
  <xsl:param name="provider"/>
  <xsl:template match="/"><p:list count="{count(//p:record)}"><xsl:copy-of select="//p:record"/></p:list></xsl:template>
</xsl:stylesheet>"""


def test_a_stylesheet_that_counts_records_cannot_be_used_slice_by_slice(store: Store, tmp_path: Path) -> None:
    (tmp_path / "counting.xslt").write_text(_COUNTING)
    version = _versions()[0]
    assert version.transformation is not None
    assert version.transformation.repeated is not None
    names = {name: f"{{urn:p}}{name}" for name in ("list", "part", "record")}
    repeated = replace(
        version.transformation.repeated,
        part=(names["list"], names["part"]),
        record=(names["record"],),
        result=(names["list"], names["record"]),
    )
    counting = replace(
        version, transformation=replace(version.transformation, stylesheet="counting.xslt", repeated=repeated)
    )
    data = b'<list xmlns="urn:p"><part>' + b"<record/>" * 20 + b"</part></list>"
    with pytest.raises(StylesheetError, match="cannot be used slice by slice"):
        _in_slices(store, data, [counting], at_once=3, piece=30, root=tmp_path)
