"""Rules and requirements belong together one to one; no journal, however odd, makes a rule raise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.requirements.catalogue import load
from conformance.requirements.verdicts import Breach
from conformance.rules import judge
from conformance.rules.case import Case
from conformance.rules.registry import PASSED, Check, _complete, rule, rules
from simulator.documents.writing import write_error_report
from simulator.domain.clock import RIGA
from simulator.domain.language import LANGUAGES, Bilingual
from simulator.domain.model import ChannelName, ErrorReport, RecordError, Severity
from simulator.journal import Entry, Kind, Outcome
from tests.conformance.rules.builder import (
    ANNA,
    ILZE,
    JANIS,
    OURS,
    PROFILE,
    Memory,
    Story,
    contract,
    grant,
    payout,
    tenant,
    termination,
)
from tests.mutants.table import TABLE

JUDGED = [verdict.requirement for verdict in judge(Story().case())]


def test_rules_and_requirements_belong_together() -> None:
    assert len(JUDGED) == len(set(JUDGED)) == len(rules())
    assert [
        requirement.id for requirement in load() if requirement.untested is None or requirement.id in JUDGED
    ] == JUDGED


def test_a_requirement_has_a_rule_or_a_reason_why_not() -> None:
    for requirement in load():
        assert (requirement.id in JUDGED) != (requirement.untested is not None), requirement.id


@pytest.mark.parametrize("requirement", JUDGED)
def test_every_rule_is_shown_to_fail_by_itself(requirement: str) -> None:
    """A faulty retailer breaks this requirement and nothing else, or a story in these tests does."""
    if requirement in {mutant.requirement for mutant in TABLE}:
        return
    tests = "\n".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert re.search(rf'\{{"{requirement}": \d+\}}', tests)


def test_nothing_is_judged_where_nothing_happened() -> None:
    assert not [verdict for verdict in judge(Story().case()) if verdict.checked]


def test_breaches_speak_both_languages_and_can_be_seen() -> None:
    for verdict in judge(troubled().case()):
        for breach in verdict.breaches:
            latvian, english = (breach.message.in_language(language).strip() for language in LANGUAGES)
            assert latvian
            assert english
            assert latvian != english
            assert all(breach.expected.in_language(language) for language in LANGUAGES)
            assert breach.evidence
            assert all(evidence.entry is None or evidence.entry > 0 for evidence in breach.evidence)


def test_a_rule_gives_the_same_verdict_again() -> None:
    case = troubled().case()
    assert judge(case) == judge(case) == judge(troubled().case())


def troubled() -> Story:
    """A long story with something of everything, in which much goes wrong."""
    story = Story()
    story.sign()
    story.sign("555", JANIS)
    story.join(ILZE)
    with story.run("contract"):
        story.fetch("contract")
        first = story.report(contract(sub_users=(tenant(ILZE),)), contract("0555", JANIS), record_count=7)
        story.report(contract("1"), provider="40009990012", lost=True)
        story.send_bytes(ChannelName.CONTRACT, b"<broken", fault="invalid-payload")
    story.complain(first, 1)
    story.leave(ILZE, "2026-03-20")
    story.sign(kind="contract.change", holder=JANIS, previous_code=ANNA.code)
    story.end("2026-06-30")
    with story.run("contract", answer={"ok": False, "error": "no"}):
        story.fetch("contract")
        story.report(contract())
    message = story.decide("2026-03", grant(), grant("25.00", person=ILZE.code), grant(number="nowhere"))
    with story.run("discount"):
        story.list_messages("discount", message)
        story.receive(message, lost=True)
    with story.run("discount"):
        story.fetch("discount")
        report = ErrorReport(None, (RecordError("x", Severity.ERROR, "x", "x"),))
        story.send_bytes(ChannelName.DISCOUNT, write_error_report(report, PROFILE), related=message)
        story.call("", fault="malformed-xml")
    story.bill(
        "2026-03", ("R-1", "18.00"), ("R-2", "0.00"), lines=[{"invoice": "R-1", "person": "?", "applied": "1.00"}]
    )
    with story.run("payout"):
        story.pay("2026-03", payout("R-1", "18.00", "19.00"), payout("R-9", "1.00", "1.00"))
    story.decide("2026-04", termination())
    story.bill("2026-03", ("K-1", "18.00"), reverses="R-1")
    story.bill("2026-04", ("R-3", "80.00"))
    with story.run("payout", "discount"):
        story.pay("2026-04", payout("R-3", "80.00", "30.00", "1.00", "3.00", period="2026-04"))
        story.pay(
            "2026-04", payout("R-3", "80.00", "30.00", period="2026-04"), payout("R-1", "1.00", "1.00", reversal=True)
        )
    return story


def test_the_long_story_breaks_much() -> None:
    assert len(troubled().broken()) >= 12


# -- totality

LINES = troubled().journal.lines
BLOBS = troubled().journal.blobs
SCRAPS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=5),
    st.sampled_from(["2026-03", "2026-03-31", "20.00", "-1", "1e999", "NaN", "contract", "R-1", "0012345678"]),
    st.sampled_from([{}, [], [None], [{}], {"code": 5}, [{"contract": "0012345678", "kind": "contract.new"}]]),
)


@st.composite
def odd_entries(draw: st.DrawFn) -> Entry:
    """An entry of the long story with some of its fields and details replaced by others or by nonsense."""
    entry = draw(st.sampled_from(LINES))
    details: dict[str, Any] = dict(entry.details)
    for key in draw(st.lists(st.sampled_from([*details, "lines", "events", "selector"]), max_size=3)):
        details[key] = draw(SCRAPS)
    changes: dict[str, Any] = {"details": details}
    if draw(st.booleans()):
        changes["operation"] = draw(st.sampled_from(sorted({line.operation for line in LINES} | {"", "?"})))
    if draw(st.booleans()):
        changes["message_ids"] = draw(st.sampled_from([line.message_ids for line in LINES]))
    if draw(st.booleans()):
        changes["payload"] = draw(st.sampled_from([None, "missing", *BLOBS]))
    if draw(st.booleans()):
        changes["channel_version"] = draw(st.sampled_from([None, "?", *(line.channel_version for line in LINES)]))
    if draw(st.booleans()):
        changes["outcome"] = draw(st.sampled_from(Outcome))
    if draw(st.booleans()):
        changes["kind"] = draw(st.sampled_from(Kind))
    if draw(st.booleans()):
        changes["authority"] = draw(st.sampled_from([None, OURS.authority, "100500"]))
    return replace(entry, **changes)


@settings(max_examples=150, deadline=None)
@given(
    odd=st.lists(odd_entries(), max_size=12),
    kept=st.lists(st.integers(0, len(LINES) - 1), max_size=40),
    seed=st.randoms(),
)
def test_no_journal_makes_a_rule_raise(odd: list[Entry], kept: list[int], seed: Any) -> None:
    mixed = [*odd, *(LINES[number] for number in kept)]
    seed.shuffle(mixed)
    story = Story(journal=Memory())
    story.journal.blobs = BLOBS
    story.journal.lines = [
        replace(entry, number=number, at=datetime(2026, 3, 1, tzinfo=RIGA) if number % 5 == 0 else entry.at)
        for number, entry in enumerate(mixed, 1)
    ]
    verdicts = judge(story.case())
    assert [verdict.requirement for verdict in verdicts] == JUDGED
    assert all(len(verdict.breaches) <= verdict.checked for verdict in verdicts)


# -- registering


def test_a_requirement_has_one_rule() -> None:
    def second(case: Case) -> Iterator[Check]:
        yield PASSED

    with pytest.raises(ValueError, match=r"PAY-07 has two rules: paid_once and .*second"):
        rule("PAY-07")(second)


def test_a_breach_states_an_expectation_or_the_catalogue_does() -> None:
    silent = Breach(Bilingual(lv="Kaut kas notika.", en="Something happened."))
    stated = _complete("CON-08", silent)
    assert all(stated.expected.in_language(language) for language in LANGUAGES)
    with pytest.raises(LookupError, match="PAY-02"):
        _complete("PAY-02", silent)
    outspoken = replace(silent, expected=Bilingual(lv="šis", en="this"))
    assert _complete("CON-08", outspoken) is outspoken
