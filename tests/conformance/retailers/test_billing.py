"""Support on bills: cases worked by hand, and what must hold of any."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.retailers.reference.billing import Account, Billing, Booking, Grant, Invoice
from simulator.domain.model import Period

JANUARY = Period(2026, 1)
BILLING = Billing()


def eur(text: str) -> Decimal:
    return Decimal(text)


def invoice(net: str, number: str = "R-1") -> Invoice:
    return Invoice("0007", number, date(2026, 2, 2), eur(net), eur("99.99"))


def account(*grants: tuple[Period, str], person: str = "anna", bookings: tuple[Booking, ...] = ()) -> Account:
    return Account(person, "0007", tuple(Grant(period, eur(amount)) for period, amount in grants), bookings)


def figures(booking: Booking) -> tuple[str, str, str]:
    return str(booking.applied), str(booking.carried_over), str(booking.remainder)


def year_of_bills(account: Account, nets: dict[Period, str]) -> list[tuple[str, str, str]]:
    """Bill period after period and note applied, carried over and remainder ("-" when there was nothing to apply)."""
    lines = []
    for period, net in nets.items():
        bookings = BILLING.support(invoice(net, f"R-{period}"), period, [account])
        for booking in bookings:
            account = account.with_booking(booking)
        lines.append(figures(bookings[0]) if bookings else ("-", "-", "-"))
    return lines


def test_a_bill_above_the_support_takes_all_of_it() -> None:
    (booking,) = BILLING.support(invoice("61.17"), JANUARY, [account((JANUARY, "20.00"))])
    assert booking == Booking(
        person="anna",
        contract="0007",
        period=JANUARY,
        invoice="R-1",
        issued=date(2026, 2, 2),
        net_bill=eur("61.17"),
        applied=eur("20.00"),
        carried_over=eur("0.00"),
        remainder=eur("0.00"),
    )


def test_what_a_small_bill_leaves_is_carried_over() -> None:
    support = account((JANUARY, "20.00"), (JANUARY + 1, "20.00"), (JANUARY + 2, "20.00"))
    # January 12.35 leaves 7.65; February takes 25.00, of it all of those 7.65; 2.65 are left for March.
    assert year_of_bills(support, {JANUARY: "12.35", JANUARY + 1: "25.00", JANUARY + 2: "100.00"}) == [
        ("12.35", "0.00", "7.65"),
        ("25.00", "7.65", "2.65"),
        ("22.65", "2.65", "0.00"),
    ]


def test_carry_over_of_several_months_takes_the_oldest_first() -> None:
    support = account((JANUARY, "15.00"), (JANUARY + 1, "15.00"), (JANUARY + 2, "15.00"))
    # Two bills of nothing; March could take 20.00: fifteen of January, five of February.
    assert year_of_bills(support, {JANUARY: "0.00", JANUARY + 1: "0.00", JANUARY + 2: "20.00"}) == [
        ("0.00", "0.00", "15.00"),
        ("0.00", "0.00", "30.00"),
        ("20.00", "20.00", "25.00"),
    ]


def test_what_is_left_lapses_with_the_calendar_year() -> None:
    november, december, january = Period(2026, 11), Period(2026, 12), Period(2027, 1)
    support = account((november, "25.00"), (december, "25.00"), (january, "25.00"))
    assert year_of_bills(support, {november: "10.00", december: "30.00", january: "200.00"}) == [
        ("10.00", "0.00", "15.00"),
        ("30.00", "15.00", "10.00"),
        ("25.00", "0.00", "0.00"),
    ]


def test_without_support_there_is_no_booking() -> None:
    assert BILLING.support(invoice("50.00"), JANUARY, []) == ()
    assert BILLING.support(invoice("50.00"), JANUARY, [account((JANUARY, "0.00"))]) == ()
    used_up = account((JANUARY, "20.00"))
    (booking,) = BILLING.support(invoice("50.00"), JANUARY, [used_up])
    assert BILLING.support(invoice("50.00", "R-2"), JANUARY, [used_up.with_booking(booking)]) == ()


def test_a_bill_of_nothing_but_vat_takes_nothing_and_says_so() -> None:
    (booking,) = BILLING.support(invoice("0.00"), JANUARY, [account((JANUARY, "20.00"))])
    assert figures(booking) == ("0.00", "0.00", "20.00")


def test_a_credit_takes_nothing() -> None:
    (booking,) = BILLING.support(invoice("-13.00"), JANUARY, [account((JANUARY, "20.00"))])
    assert figures(booking) == ("0.00", "0.00", "20.00")


def test_support_of_a_later_month_does_not_reach_back() -> None:
    (booking,) = BILLING.support(invoice("90.00"), JANUARY, [account((JANUARY, "20.00"), (JANUARY + 1, "20.00"))])
    assert figures(booking) == ("20.00", "0.00", "0.00")


def test_two_months_can_land_on_one_bill() -> None:
    # January was not billed; February's bill takes both months.
    (booking,) = BILLING.support(invoice("90.00"), JANUARY + 1, [account((JANUARY, "20.00"), (JANUARY + 1, "20.00"))])
    assert figures(booking) == ("40.00", "20.00", "0.00")


def test_several_persons_share_a_bill() -> None:
    people = [account((JANUARY, "20.00"), person="anna"), account((JANUARY, "25.00"), person="juris")]
    first, second = BILLING.support(invoice("30.00"), JANUARY, people)
    assert (first.person, *figures(first)) == ("anna", "20.00", "0.00", "0.00")
    assert (second.person, *figures(second)) == ("juris", "10.00", "0.00", "15.00")
    assert first.net_bill == second.net_bill == eur("30.00")


def test_a_person_for_whom_the_bill_has_nothing_left_still_gets_a_record() -> None:
    people = [account((JANUARY, "20.00"), person="anna"), account((JANUARY, "25.00"), person="juris")]
    _, second = BILLING.support(invoice("20.00"), JANUARY, people)
    assert (second.person, *figures(second)) == ("juris", "0.00", "0.00", "25.00")


def test_a_reversal_repeats_the_booking_and_gives_its_support_back() -> None:
    before = account((JANUARY, "20.00"), (JANUARY + 1, "20.00"))
    (booking,) = BILLING.support(invoice("35.00"), JANUARY + 1, [before])
    after = before.with_booking(booking)
    assert BILLING.available(after, JANUARY + 1) == eur("5.00")
    undone = BILLING.reversal(booking)
    assert undone.reversal
    assert figures(undone) == figures(booking) == ("35.00", "20.00", "5.00")
    restored = after.with_booking(undone)
    assert BILLING.available(restored, JANUARY + 1) == eur("40.00")
    (again,) = BILLING.support(invoice("10.00", "R-2"), JANUARY + 1, [restored])
    assert figures(again) == ("10.00", "10.00", "30.00")


cents = st.integers(min_value=0, max_value=10_000).map(lambda number: Decimal(number) / 100)
months = st.integers(min_value=0, max_value=26).map(lambda number: Period(2025, 11) + number)
people = st.sampled_from(["anna", "juris", "zane"])


@st.composite
def histories(draw: st.DrawFn) -> list[Account]:
    """Up to three persons on one contract, with grants of two and a bit years and some bills already made."""
    accounts = [
        Account(
            person, "0007", tuple(Grant(period, amount) for period, amount in draw(st.lists(st.tuples(months, cents))))
        )
        for person in sorted(draw(st.sets(people, min_size=1)))
    ]
    for number, (period, net) in enumerate(draw(st.lists(st.tuples(months, cents), max_size=6))):
        accounts = billed(accounts, invoice(str(net), f"earlier-{number}"), period)
    return accounts


def billed(accounts: list[Account], bill: Invoice, period: Period) -> list[Account]:
    bookings = {booking.person: booking for booking in BILLING.support(bill, period, accounts)}
    return [
        account.with_booking(bookings[account.person]) if account.person in bookings else account
        for account in accounts
    ]


@given(histories(), months, cents)
def test_a_bill_never_takes_more_than_there_is_or_than_it_can(
    accounts: list[Account], period: Period, net: Decimal
) -> None:
    bookings = BILLING.support(invoice(str(net)), period, accounts)
    by_person = {account.person: account for account in accounts}
    assert sum(booking.applied for booking in bookings) <= net
    for booking in bookings:
        available = BILLING.available(by_person[booking.person], period)
        assert booking.applied + booking.remainder == available > 0
        assert 0 <= booking.carried_over <= booking.applied <= net
        for amount in (booking.applied, booking.carried_over, booking.remainder):
            assert amount == amount.quantize(Decimal("0.01"))
    # Support is held back from a bill only when the bill is used up.
    if any(booking.remainder for booking in bookings):
        assert sum(booking.applied for booking in bookings) == net
    assert {booking.person for booking in bookings} == {
        account.person for account in accounts if BILLING.available(account, period) > 0
    }


@given(histories(), months, cents)
def test_no_year_ever_gives_more_than_was_granted_in_it(accounts: list[Account], period: Period, net: Decimal) -> None:
    for account in billed(accounts, invoice(str(net)), period):
        for year in (2025, 2026, 2027, 2028):
            granted = sum((grant.amount for grant in account.grants if grant.period.year == year), Decimal(0))
            assert BILLING.taken(account, year) <= granted


@given(histories(), months, cents, months)
def test_a_reversal_restores_exactly(accounts: list[Account], period: Period, net: Decimal, later: Period) -> None:
    bookings = {booking.person: booking for booking in BILLING.support(invoice(str(net)), period, accounts)}
    for account in accounts:
        if account.person in bookings:
            booking = bookings[account.person]
            restored = account.with_booking(booking).with_booking(BILLING.reversal(booking))
            assert BILLING.available(restored, later) == BILLING.available(account, later)
            assert BILLING.earlier(restored, later) == BILLING.earlier(account, later)


@given(st.lists(st.tuples(cents, cents), min_size=1, max_size=12))
def test_over_a_year_nothing_is_lost_and_nothing_is_made(months_of_year: list[tuple[Decimal, Decimal]]) -> None:
    """What the bills took and what is left in the end is what was granted, whatever the bills were."""
    grants = tuple(Grant(JANUARY + index, amount) for index, (amount, _) in enumerate(months_of_year))
    accounts = [Account("anna", "0007", grants)]
    for index, (_, net) in enumerate(months_of_year):
        accounts = billed(accounts, invoice(str(net), f"R-{index}"), JANUARY + index)
    last = JANUARY + (len(months_of_year) - 1)
    (final,) = accounts
    assert BILLING.taken(final, 2026) + BILLING.available(final, last) == sum(grant.amount for grant in grants)


@pytest.mark.parametrize(("amount", "rounded"), [("1.005", "1.01"), ("1.004", "1.00"), ("-1.005", "-1.01")])
def test_money_rounds_half_up(amount: str, rounded: str) -> None:
    assert str(BILLING.money(Decimal(amount))) == rounded
