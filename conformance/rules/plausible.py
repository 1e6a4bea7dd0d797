"""Findings about what a document gives away by itself: the rules of the business that no schema can say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.rules.judging import HELD, Broken, Occasion
from conformance.rules.traffic import Sent
from simulator.documents.business import Breach, breaches
from simulator.documents.model import ChannelName

if TYPE_CHECKING:
    from conformance.rules.evidence import Case


def occasions(case: Case, codes: frozenset[str], channel: ChannelName | None = None) -> Iterator[Occasion]:
    """The documents (of a channel) that were sent, each broken where it breaks a rule of one of these codes."""
    for sent in case.documents(channel):
        if sent.document is None:
            continue
        found = [each for each in breaches(sent.document, case.profile) if each.code in codes]
        if not found:
            yield HELD
        for each in found:
            yield _broken(case, sent, each)


def _broken(case: Case, sent: Sent, breach: Breach) -> Broken:
    field = breach.field.removeprefix("header.") if breach.record is None else breach.field
    channel = sent.channel.value if sent.channel is not None else ""
    where = f", record {breach.position}" if breach.position else ""
    kur = f", {breach.position}. ieraksts" if breach.position else ""
    return Broken(
        en=f"A {channel} document{where}: {breach.found}.",
        lv=f"Dokuments ({channel}){kur}: {breach.rule.found_lv.format(**breach.words)}.",
        expected=breach.expected,
        expected_lv=breach.rule.expected_lv.format(**breach.words),
        evidence=(case.spot(sent, breach.record, field, breach.member),),
    )
