"""Documents that arrive early, late, twice, empty or with errors. EUR without VAT, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from simulator.domain.model import ChannelName, Person
from simulator.fault_injection.faults import DUPLICATE_DELIVERY, InjectedFault
from tests.simulator.aldis.situations.conftest import Play
from tests.simulator.aldis.situations.story import KAIMINS, PARAUGS, codes

ANNAS = "0077000001"
NOBODY = "190385-00140"


def test_a_month_in_which_nothing_happens(play: Play) -> None:
    story = play("empty-month")
    story.sign()
    story.sign(retailer=KAIMINS)
    story.country.until(date(2026, 2, 2))
    # Kaimiņu Elektrība has one customer, who is not protected: a list with 0 records comes all the same.
    (document,) = story.country.discounts(KAIMINS)
    assert (str(document.header.period), document.header.record_count) == ("2026-01", 0)
    # It pays nothing out and says so with a document of 0 records.
    empty = story.country.document(channel=ChannelName.PAYOUT, period="2026-01", retailer=KAIMINS)
    story.country.post(empty, KAIMINS)
    found = story.country.take()
    assert (found["accepted"], found["errors"], found["event_message"]) == (0, [], None)
    assert story.pay(story.bill(ANNAS, "2026-01", "30.00", "20.00", of="Anna")) == []
    story.country.until(date(2026, 2, 22))
    assert story.books("2026-01", KAIMINS) == "granted 0.00 applied 0.00 carried 0.00 lapsed 0.00 reversed 0.00"
    assert story.books("2026-01") == "granted 20.00 applied 20.00 carried 0.00 lapsed 0.00 reversed 0.00"


def test_documents_for_months_that_are_not_open(play: Play) -> None:
    story = play("too-early-too-late")
    # In March contract data may be for March or April, not for May; not for a month more than a year ago.
    assert codes(story.sign(period="2026-05"))[-1] == ("period-too-early", None)
    assert codes(story.sign(period="2025-02"))[-1] == ("period-too-late", None)
    assert story.sign(period="2026-03")["errors"] == []
    story.country.until(date(2026, 4, 2))
    # March's 20.00 are applied once; nothing can be paid out for April before ALDIS has decided on it, or for May.
    assert story.pay(story.bill(ANNAS, "2026-03", "44.00", "20.00", of="Anna")) == []
    may = story.bill(ANNAS, "2026-05", "44.00", "20.00", of="Anna", day=date(2026, 4, 1))
    assert ("period-too-early", None) in story.pay(may)
    # Contract data of April after the 2nd, the last working day before the 5th (Easter is 3 to 6 April): late, taken.
    story.country.until(date(2026, 4, 7), 8)
    late = story.country.send(channel=ChannelName.CONTRACT, period="2026-04")
    assert (late["late"], late["errors"]) == (True, [])
    story.country.until(date(2026, 4, 22))
    assert story.books("2026-03") == "granted 20.00 applied 20.00 carried 0.00 lapsed 0.00 reversed 0.00"


def test_a_bad_record_and_its_correction(play: Play) -> None:
    story = play("bad-record")
    records = [story.record(number) for number in (ANNAS, "0077000002", "0077000003")]
    bad = replace(records[1], holder=Person(NOBODY, "Jānis", "Kalniņš"))
    first = story.country.document(records[0], bad, records[2])
    story.country.post(first)
    found = story.country.take()
    # Records 1 and 3 are taken, record 2 is refused, and the event says which and why.
    assert (found["accepted"], codes(found)) == (2, [("person-unknown", 2)])
    assert story.events(ChannelName.CONTRACT) == [f"2: person-unknown: Persona ar kodu {NOBODY} reģistrā nav atrasta"]
    ((_, report),) = story.country.errors(ChannelName.CONTRACT)
    assert report.document_id == first.header.document_id
    story.country.until(date(2026, 1, 8))
    # January: Anna's 20.00 and the 20.00 of Ilze's child; Jānis is missing.
    assert story.decisions() == [f"2026-01 {ANNAS} 20.00", "2026-01 0077000003 20.00"]
    corrected = story.country.send(*records, corrects=first.header.document_id)
    assert (corrected["accepted"], corrected["errors"]) == (3, [])
    story.country.until(date(2026, 3, 2))
    # February: Jānis's large family 25.00, and the 25.00 of January, in which his contract had arrived.
    assert story.decisions()[2:] == [
        f"2026-02 {ANNAS} 20.00",
        "2026-02 0077000002 25.00 + 25.00 for 2026-01",
        "2026-02 0077000003 20.00",
    ]
    # His bill of February, 48.00, takes 48.00 of 50.00.
    assert story.pay(story.bill("0077000002", "2026-02", "48.00", "48.00", "0.00", "2.00", of="Jānis")) == []


def test_a_lost_reply(play: Play) -> None:
    story = play("lost-reply")
    contracts = story.country.document(story.record(ANNAS))
    # The document arrived, its reply did not: the retailer sends the same document again, under the same document id.
    story.country.post(contracts)
    story.country.post(contracts)
    assert story.country.aldis.wake() == 2
    first, again = story.country.acts("intake")
    assert (first["accepted"], first["duplicate"]) == (1, False)
    assert (again["accepted"], again["duplicate"]) == (0, True)
    assert [error["severity"] for error in again["errors"]] == ["warning"]
    story.country.until(date(2026, 2, 2))
    # 20.00, not 40.00.
    assert story.decisions() == [f"2026-01 {ANNAS} 20.00"]
    payouts = story.country.document(story.bill(ANNAS, "2026-01", "14.00", "14.00", "0.00", "6.00", of="Anna"))
    story.country.post(payouts)
    story.country.post(payouts)
    assert story.country.aldis.wake() == 2
    story.country.until(date(2026, 2, 22))
    # 14.00, not 28.00.
    assert story.books("2026-01") == "granted 20.00 applied 14.00 carried 6.00 lapsed 0.00 reversed 0.00"


def test_a_duplicate_delivery(play: Play) -> None:
    story = play("duplicate-delivery")
    faults = story.country.faults
    faults.arm(InjectedFault(DUPLICATE_DELIVERY))
    story.country.post(story.country.document(story.record(ANNAS)))
    # One document, two messages in BVKB's mailbox.
    assert story.country.bvkb_waiting() == 2
    assert story.country.aldis.wake() == 2
    assert [act["duplicate"] for act in story.country.acts("intake")] == [False, True]
    story.country.until(date(2026, 2, 2))
    assert story.decisions() == [f"2026-01 {ANNAS} 20.00"]
    faults.arm(InjectedFault(DUPLICATE_DELIVERY))
    story.country.post(
        story.country.document(story.bill(ANNAS, "2026-01", "14.00", "14.00", "0.00", "6.00", of="Anna"))
    )
    assert story.country.aldis.wake() == 2
    story.country.until(date(2026, 2, 22))
    # 14.00 once.
    assert story.books("2026-01") == "granted 20.00 applied 14.00 carried 6.00 lapsed 0.00 reversed 0.00"


def test_a_list_that_lies_unread_for_almost_90_days(play: Play) -> None:
    story = play("unread-message")
    story.sign()
    # January's list comes on 7 January; DIT keeps it for 90 days. On the 89th, 6 April, it is still there.
    assert story.country.profile.limits.retention_days.value == 90
    story.country.until(date(2026, 4, 6))
    oldest = story.country.mailbox(PARAUGS, ChannelName.DISCOUNT)[0]
    assert (date(2026, 4, 6) - oldest.delivered_at.date()).days == 89
    assert story.decisions()[0] == f"2026-01 {ANNAS} 20.00"
    # January to March 60.00: the retailer, who read nothing so far, applies 58.00 to March's bill, 40.00 from before.
    assert story.pay(story.bill(ANNAS, "2026-03", "58.00", "58.00", "40.00", "2.00", of="Anna")) == []
    story.country.until(date(2026, 4, 22))
    assert story.books("2026-03") == "granted 60.00 applied 58.00 carried 2.00 lapsed 0.00 reversed 0.00"
