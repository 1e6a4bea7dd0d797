"""Tests of the account to the cent: worked examples, and properties of random histories."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.aldis.account import ZERO, Account, Bill, Expected, Grant
from simulator.domain.model import PayoutRecord, Period
from tests.simulator.aldis.people import payout


def _granted(*months: tuple[str, str]) -> Account:
    account = Account()
    for month, amount in months:
        account = account.with_grant(Grant(Period.parse(month), Decimal(amount)))
    return account


def _bill(place: int, record: PayoutRecord, document: str = "d") -> Bill:
    return Bill((place, 1), f"{document}{place}", record)


def _expected(available: str, earlier: str, carried: str, remainder: str) -> Expected:
    return Expected(Decimal(available), Decimal(earlier), Decimal(carried), Decimal(remainder))


def _amounts(*euros: int) -> tuple[Decimal, ...]:
    return tuple(Decimal(euro) for euro in euros)


def test_a_bill_above_the_support_takes_all_of_it() -> None:
    account = _granted(("2026-01", "20.00"))
    # min(31.40 net, 20.00 available) = 20.00; nothing is left.
    assert account.expected(_bill(1, payout("C", "2026-01", "31.40", "20.00"))) == _expected("20", "0", "0", "0")


def test_the_rest_carries_over_and_the_oldest_goes_first() -> None:
    account = _granted(("2026-01", "20.00"), ("2026-02", "20.00"))
    account = account.with_bill(_bill(1, payout("C", "2026-01", "12.35", "12.35", remainder="7.65")))
    # February finds 20.00 + 7.65 = 27.65, of which 7.65 are January's; a bill of 25.10 takes 7.65 of the old and
    # 17.45 of the new, so 2.55 remain.
    february = _bill(2, payout("C", "2026-02", "25.10", "25.10"))
    assert account.expected(february) == _expected("27.65", "7.65", "7.65", "2.55")
    # A bill of 5.00 takes all its 5.00 from January.
    small = _bill(2, payout("C", "2026-02", "5.00", "5.00"))
    assert account.expected(small) == _expected("27.65", "7.65", "5.00", "22.65")


def test_what_is_left_in_december_lapses() -> None:
    account = _granted(("2026-11", "20.00"), ("2026-12", "20.00"))
    account = account.with_bill(_bill(1, payout("C", "2026-11", "5.00", "5.00", remainder="15.00")))
    account = account.with_bill(_bill(2, payout("C", "2026-12", "18.00", "18.00", "15.00", "17.00")))
    november, december = account.totals(Period(2026, 11)), account.totals(Period(2026, 12))
    # Until November: 20 granted = 5 applied + 15 carried.
    assert (november.granted, november.applied, november.carried, november.lapsed) == _amounts(20, 5, 15, 0)
    # The year: 40 granted = 23 applied + 17 lapsed.
    assert (december.granted, december.applied, december.carried, december.lapsed) == _amounts(40, 23, 0, 17)


def test_two_months_can_land_on_one_bill() -> None:
    account = _granted(("2026-01", "20.00"), ("2026-02", "20.00"))
    # No bill in January. February's of 38.00 takes 20.00 of January and 18.00 of February; 2.00 remain.
    both = _bill(1, payout("C", "2026-02", "38.00", "38.00"))
    assert account.expected(both) == _expected("40", "20", "20", "2")


def test_a_reversal_gives_back_exactly_what_the_bill_took() -> None:
    account = _granted(("2026-01", "20.00"), ("2026-02", "20.00"))
    wrong = payout("C", "2026-01", "15.00", "15.00", remainder="5.00", invoice="R-1")
    billed = account.with_bill(_bill(1, wrong))
    reversed_ = billed.with_bill(_bill(2, replace(wrong, reversal=True)))
    assert reversed_.standing() == ()
    assert reversed_.totals(Period(2026, 1)).applied == ZERO
    assert reversed_.totals(Period(2026, 1)).reversed == Decimal("15.00")
    # January's new bill finds the 20.00 again.
    again = _bill(3, payout("C", "2026-01", "18.00", "18.00", invoice="R-2"))
    assert reversed_.expected(again) == _expected("20", "0", "0", "2")


def test_a_reversal_does_not_change_what_an_earlier_bill_found() -> None:
    account = _granted(("2026-01", "20.00"), ("2026-02", "20.00"))
    january = payout("C", "2026-01", "15.00", "15.00", remainder="5.00")
    february = _bill(2, payout("C", "2026-02", "25.00", "25.00", "5.00", "0.00"))
    account = account.with_bill(_bill(1, january)).with_bill(february)
    account = account.with_bill(_bill(3, replace(january, reversal=True)))
    # February found 5.00 + 20.00 when it was made, and took them all.
    assert account.expected(february) == _expected("25", "5", "5", "0")
    # What January gives back, 15.00, is there for March's bill together with March's own 20.00.
    account = account.with_grant(Grant(Period(2026, 3), Decimal("20.00")))
    assert account.expected(_bill(4, payout("C", "2026-03", "50.00", "35.00"))).available == Decimal("35.00")


def test_an_invoice_can_be_billed_again_under_its_number_after_a_reversal() -> None:
    account = _granted(("2026-01", "20.00"))
    record = payout("C", "2026-01", "15.00", "15.00", remainder="5.00")
    account = account.with_bill(_bill(1, record)).with_bill(_bill(2, replace(record, reversal=True)))
    account = account.with_bill(_bill(3, record))
    assert [bill.order for bill in account.standing()] == [(3, 1)]


def test_a_late_payout_leaves_room_for_what_later_bills_took() -> None:
    account = _granted(("2026-01", "20.00"), ("2026-02", "20.00"))
    # February's payout came first and took 25.00, so January's bill can have taken at most 15.00.
    account = account.with_bill(_bill(1, payout("C", "2026-02", "25.00", "25.00", "5.00", "0.00")))
    late = _bill(2, payout("C", "2026-01", "15.00", "15.00", remainder="5.00"))
    assert account.room(late) == Decimal("15.00")
    assert account.unbilled_before(_bill(3, payout("C", "2026-02", "1.00", "1.00"))) == Period(2026, 1)
    account = account.with_bill(late)
    assert account.overdrawn() == ()
    assert account.expected(account.bills[1]) == _expected("25", "5", "5", "0")


def test_a_reversal_whose_bill_was_corrected_away_is_told_of() -> None:
    account = _granted(("2026-01", "20.00"))
    record = payout("C", "2026-01", "15.00", "15.00", remainder="5.00")
    reversal = _bill(2, replace(record, reversal=True))
    account = account.with_bill(_bill(1, record)).with_bill(reversal).without_document("d1")
    assert account.stray_reversals() == (reversal,)
    assert account.totals(Period(2026, 1)).applied == ZERO


# -- any history of two years

_CENTS = st.integers(0, 6000).map(lambda cents: Decimal(cents) / 100)
_MONTHS = [Period(2026, 1) + n for n in range(24)]


@st.composite
def _histories(draw: st.DrawFn) -> list[tuple[Decimal, list[tuple[Decimal, Decimal, bool]]]]:
    """For each month what is granted, and its bills: net, how much less than possible is taken, whether reversed."""
    bill = st.tuples(_CENTS, st.sampled_from([Decimal(0), Decimal("0.01"), Decimal(5)]), st.booleans())
    return [(draw(_CENTS), draw(st.lists(bill, max_size=3))) for _ in _MONTHS]


@settings(deadline=None, max_examples=60)
@given(_histories())
def test_any_history_adds_up(history: list[tuple[Decimal, list[tuple[Decimal, Decimal, bool]]]]) -> None:
    years = {2026: Account(), 2027: Account()}
    place = 0
    for month, (granted, bills) in zip(_MONTHS, history, strict=True):
        account = years[month.year].with_grant(Grant(month, granted))
        for net, shy, cancel in bills:
            place += 1
            record = payout("C", month, str(net), "0.00", invoice=f"R-{place}")
            room = account.room(_bill(place, record))
            assert room >= 0
            bill = _bill(place, replace(record, applied=max(ZERO, min(net, room) - shy)))
            before = account
            account = account.with_bill(bill)
            expected = account.expected(bill)
            assert bill.record.applied <= bill.record.net_bill
            assert ZERO <= expected.carried_over <= bill.record.applied
            assert expected.remainder >= 0
            if cancel:
                place += 1
                reversal = _bill(place, replace(bill.record, reversal=True))
                after = account.with_bill(reversal)
                # Exactly what was there before is there again for the next bill.
                probe = _bill(place + 1, payout("C", month, "0.00", "0.00", invoice="probe"))
                assert after.expected(probe) == before.expected(probe)
                assert after.room(probe) == before.room(probe)
                account = after
        years[month.year] = account
        assert account.overdrawn() == ()
        totals = account.totals(month)
        assert totals.granted == totals.applied + totals.carried + totals.lapsed
        assert min(totals.applied, totals.carried, totals.lapsed) >= 0
    for year, account in years.items():
        end = account.totals(Period(year, 12))
        assert end.carried == ZERO
        assert end.granted == end.applied + end.lapsed
        # Nothing is counted twice: what stands is what was applied, what was cancelled is beside it.
        assert end.applied == sum((bill.record.applied for bill in account.standing()), ZERO)
        assert end.applied + end.reversed == sum((bill.record.applied for bill in account.bills), ZERO)


@settings(deadline=None, max_examples=60)
@given(_histories(), st.randoms(use_true_random=False))
def test_the_order_in_which_documents_come_does_not_matter(
    history: list[tuple[Decimal, list[tuple[Decimal, Decimal, bool]]]], order: object
) -> None:
    """Payouts of a month that come late find, and leave, what they would have found in time."""
    account = Account()
    made: list[Bill] = []
    for month, (granted, bills) in zip(_MONTHS[:12], history[:12], strict=True):
        account = account.with_grant(Grant(month, granted))
        for net, shy, _ in bills[:1]:
            record = payout("C", month, str(net), "0.00", invoice=f"R-{month}")
            bill = _bill(len(made) + 1, record)
            bill = replace(bill, record=replace(record, applied=max(ZERO, min(net, account.room(bill)) - shy)))
            account = account.with_bill(bill)
            made.append(bill)
    shuffled = list(made)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    late = Account(grants=account.grants)
    for bill in shuffled:
        assert bill.record.applied <= late.room(bill)
        late = late.with_bill(bill)
    assert late.bills == account.bills
    assert [late.expected(bill) for bill in made] == [account.expected(bill) for bill in made]


def test_a_bill_made_again_after_a_later_months_finds_the_rest_and_the_next_one_all_of_it() -> None:
    account = _granted(("2026-01", "20.00"), ("2026-02", "20.00"), ("2026-03", "20.00"))
    january = payout("C", "2026-01", "30.00", "20.00")
    account = account.with_bill(_bill(1, january))
    account = account.with_bill(_bill(2, payout("C", "2026-02", "30.00", "20.00")))
    account = account.with_bill(_bill(3, replace(january, reversal=True)))
    # January's again, dated 10 March: granted until January 20.00, taken by February's bill 20.00, so nothing is there.
    again = payout("C", "2026-01", "30.00", "0.00", invoice="R-again", day=date(2026, 3, 10))
    assert account.expected(_bill(4, again)) == _expected("0", "0", "0", "0")
    account = account.with_bill(_bill(4, again))
    # March's: 60.00 granted - 20.00 taken = 40.00, of which 20.00 are older: what the cancellation gave back.
    march = payout("C", "2026-03", "50.00", "40.00", "20.00")
    assert account.expected(_bill(5, march)) == _expected("40", "20", "20", "0")
