"""Large documents are written, cut and read piece by piece, with the results of doing each as a whole."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from simulator.aldis import publishing, state
from simulator.aldis.decisions import decide
from simulator.dit import sending
from simulator.documents.writing import write_document, write_national
from simulator.domain.clock import RIGA
from simulator.domain.model import ChannelName, Document, Header, Period
from simulator.journal import StoredJournal, decisions_of
from simulator.store import Store
from simulator.world.generator import generate_world
from tests.simulator.aldis.conftest import MakeCountry
from tests.simulator.aldis.country import Country
from tests.simulator.aldis.people import ANNA, ILZE, JANIS, KAIMINS, PARAUGS, contract, payout, poor, world
from tests.simulator.fault_injection.test_leaks import play


def _everything_small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "LARGE_BYTES", 0)
    monkeypatch.setattr(state, "LARGE", 0)
    monkeypatch.setattr(publishing, "LISTED_AT_MOST", 0)
    monkeypatch.setattr(publishing, "BATCH", 2)


def _seen(country: Country) -> dict[str, Any]:
    """All that anybody can see of a country: mailboxes, intakes, decisions, reconciliations."""
    journal = StoredJournal(country.store)
    determinations = [entry for entry in journal.entries() if entry.operation == "determine"]
    assert determinations
    return {
        "lists": [
            [
                country.blob(mailbox_message.payload.reference)
                for mailbox_message in country.mailbox(retailer, ChannelName.DISCOUNT)
            ]
            for retailer in country.world.retailers
        ],
        "intakes": [
            {name: value for name, value in act.items() if name not in ("message", "event_message")}
            for act in country.acts("intake")
        ],
        "decided": [[dict(decision) for decision in decisions_of(journal, entry)] for entry in determinations],
        "reconciled": country.acts("reconcile"),
    }


def test_a_made_world_sees_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    made = generate_world(residents=60, retailers=4, seed=11)
    whole = play(made, date(2026, 4, 9))
    _everything_small_is_large(monkeypatch)
    streamed = play(made, date(2026, 4, 9))
    try:
        assert _seen(streamed) == _seen(whole)
        assert any(_seen(whole)["decided"])
        assert "decided" not in streamed.acts("determine")[0]
    finally:
        whole.store.close()
        streamed.store.close()


def _months_of_bills(country: Country) -> dict[str, Any]:
    """A first document with an error, its repetition, a correction, payouts in disorder, and a restart."""
    country.send(contract("1", sub_users=(ILZE,)), contract("2", JANIS))
    country.send(contract("K", JANIS), retailer=KAIMINS)
    country.until(date(2026, 2, 10))
    bills = (
        payout("1", "2026-02", "12.00", "12.00", "10.00", "18.00"),  # 20 + 20 - 10 - 12 = 18 left, of which 0 old
        payout("1", "2026-01", "10.00", "10.00", "0.00", "10.00", day=date(2026, 1, 31)),
    )
    document = country.document(*bills, period="2026-02", created_at=datetime(2026, 3, 1, 9, tzinfo=RIGA))
    country.clock.advance(datetime(2026, 3, 1, 10, tzinfo=RIGA))
    for _ in range(2):
        country.post(document)
        country.aldis.wake()
    country.aldis = country.fresh_aldis()
    country.until(date(2026, 4, 1))
    return _seen(country)


def test_bills_repetitions_and_a_restart_are_the_same(
    make_country: MakeCountry, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = world(poor(ANNA), poor(JANIS))
    whole = _months_of_bills(make_country(of))
    _everything_small_is_large(monkeypatch)
    assert _months_of_bills(make_country(of)) == whole
    assert [intake["duplicate"] for intake in whole["intakes"]] == [False, False, False, True]
    assert [month["applied"] for month in whole["reconciled"] if month["provider"] == PARAUGS.registration_number] == [
        "10.00",
        "22.00",
    ]


def test_a_list_written_piece_by_piece_is_the_list_written_whole(
    make_country: MakeCountry, monkeypatch: pytest.MonkeyPatch
) -> None:
    _everything_small_is_large(monkeypatch)
    country = make_country(world(poor(ANNA), poor(JANIS), poor(ILZE)))
    country.send(contract("1"), contract("2", JANIS), contract("3", ILZE))
    facts = country.facts()
    decisions, at, period = decide(facts, Period(2026, 1), date(2026, 1, 7)), country.clock.now(), Period(2026, 1)
    assert len(decisions) == 3
    documents = {}
    for retailer in (PARAUGS, KAIMINS):
        number = retailer.registration_number
        own = tuple(decision.record for decision in decisions if decision.contract.provider == number)
        header = Header(publishing.document_id(number, period), number, at, period, len(own))
        documents[number] = write_document(Document(ChannelName.DISCOUNT, header, own), country.profile)
    with (
        Store.open() as store,
        publishing.Publisher(
            country.profile, (PARAUGS, KAIMINS), period, at, store.incoming, store.scratch
        ) as publisher,
    ):
        for number in documents:
            taken = publisher.take(number, (decision for decision in decisions if decision.contract.provider == number))
            assert all(decision.contract.provider == number for decision in taken)
        published = publisher.publish({})
        assert b"".join(published.national.pieces()) == write_national(documents, country.profile)
        assert published.counts == {PARAUGS.registration_number: 3, KAIMINS.registration_number: 0}
