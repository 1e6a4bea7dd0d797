"""Findings about what a document gives away by itself: the rules of the business that no schema can say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.rules.registry import PASSED, Check
from conformance.rules.traffic import Sent
from conformance.verdicts import Breach
from simulator.documents.business import Breach as Contradiction
from simulator.documents.business import breaches
from simulator.documents.model import ChannelName

if TYPE_CHECKING:
    from conformance.rules.evidence import Case


def occasions(case: Case, codes: frozenset[str], channel: ChannelName | None = None) -> Iterator[Check]:
    """The documents (of a channel) that were sent, each broken where it breaks a rule of one of these codes."""
    for sent in case.documents(channel):
        if sent.document is None:
            continue
        found = [each for each in breaches(sent.document, case.profile) if each.code in codes]
        if not found:
            yield PASSED
        for each in found:
            yield _broken(case, sent, each)


def _broken(case: Case, sent: Sent, found: Contradiction) -> Breach:
    field = found.field.removeprefix("header.") if found.record is None else found.field
    channel = sent.channel.value if sent.channel is not None else ""
    where = f", record {found.position}" if found.position else ""
    kur = f", {found.position}. ieraksts" if found.position else ""
    return Breach(
        en=f"A {channel} document{where}: {found.found}.",
        lv=f"Dokuments ({channel}){kur}: {found.found.in_language('lv')}.",
        expected=str(found.expected),
        expected_lv=found.expected.in_language("lv"),
        evidence=(case.spot(sent, found.record, field, found.member),),
    )
