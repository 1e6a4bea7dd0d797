"""One random life, told sentence by sentence: customers come and go, bills are made, the network fails now and then.

What a retailer must make of it, the rules know; this only says what may happen when.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from conformance.exploration.sentences import day, month
from conformance.scenarios.steps.words import CALLS, TROUBLES
from simulator.documents.model import Period

PEOPLE = ("Anna Bērziņa", "Jānis Kalniņš", "Ilze Krūmiņa", "Līga Ozoliņa")
CONTRACTS = ("0012345678", "900900", "40-001")
STARTS = (date(2026, 3, 2), date(2026, 11, 2))
_TROUBLES = tuple(each for each in TROUBLES if "long" not in each)  # waiting finds nothing
_PROTECTED = (
    "is poor or low-income since {since}",
    "is poor or low-income from {since} until {until}",
    "is of disability group I since {since}",
    "is of a large family since {since}",
    "has 2 children with disability since {since}",
    "is guardian of 1 wards since {since}",
)

_CENTS = st.one_of(st.integers(0, 6000), st.sampled_from((0, 1, 1999, 2000, 2001)))
_MOSTLY = st.sampled_from((True, True, True, False))

Tell = Callable[[str, str], None]
"""Has a sentence happen: its keyword (Given, When) and the sentence."""


@dataclass(slots=True)
class _Contract:
    holder: str
    since: date
    ended: bool = False
    users: set[str] = field(default_factory=set)


class Life(RuleBasedStateMachine):
    """The state machine. ``can`` is what the driver can; ``months`` after which nothing new begins."""

    tell: Tell
    can: frozenset[str] = frozenset()
    months: int = 3

    def __init__(self) -> None:
        super().__init__()
        self.people: tuple[str, ...] = ()
        self.contracts: dict[str, _Contract] = {}
        self.month = Period(2026, 3)
        self.first = self.month
        self.billed: dict[tuple[str, Period], int] = {}
        self.cancelled: set[tuple[str, Period]] = set()
        self.alive = False

    # -- how it begins

    @initialize(
        start=st.sampled_from(STARTS),
        people=st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3, unique=True),
        data=st.data(),
    )
    def settle_down(self, start: date, people: list[str], data: st.DataObject) -> None:
        """Who lives here, and what the state knows of them."""
        self.people, self.month, self.first = tuple(people), Period.of(start), Period.of(start)
        self._given(f"it is {day(start)}")
        for person in people:
            self._protect(person, start, data)
        self.alive = True
        self._sign(people[0], start)

    def _protect(self, person: str, start: date, data: st.DataObject) -> None:
        kind = data.draw(st.sampled_from((None, *_PROTECTED)))
        if kind is None:
            self._given(f"{person} is protected by nothing")
            return
        since = start.replace(month=1, day=1)
        until = (Period.of(start) + data.draw(st.integers(0, 2))).last_day if "{until}" in kind else start
        self._given(f"{person} {kind.format(since=day(since), until=day(until))}")
        late = data.draw(st.sampled_from((None, 20, 50)))
        if late is not None:
            self._given(f"ALDIS learns of this only on {day(start + timedelta(days=late))}")
        if data.draw(st.booleans()) and data.draw(st.booleans()):
            self._given(f"{person} has maintenance arrears since {day(since)}")

    # -- business

    @precondition(lambda self: self.alive and len(self.contracts) < len(CONTRACTS))
    @rule(data=st.data(), ahead=st.booleans())
    def sign(self, data: st.DataObject, ahead: bool) -> None:
        """Somebody becomes a customer, from this month or from the next."""
        self._sign(data.draw(st.sampled_from(self.people)), (self.month + (1 if ahead else 0)).first_day)

    def _sign(self, person: str, start: date) -> None:
        contract = next(each for each in CONTRACTS if each not in self.contracts)
        since = start.replace(day=1)
        self.contracts[contract] = _Contract(person, since)
        self._when(f"{person} signs contract {contract} from {day(since)}")

    @precondition(lambda self: self.alive and "sub_users" in self.can and self._free_users())
    @rule(data=st.data())
    def join(self, data: st.DataObject) -> None:
        """A tenant comes to live in somebody's house."""
        person, contract = data.draw(st.sampled_from(self._free_users()))
        self.contracts[contract].users.add(person)
        self._when(f"{person} becomes a sub-user on contract {contract} from {day(self.month.first_day)}")

    def _free_users(self) -> list[tuple[str, str]]:
        return [
            (person, number)
            for number, each in self.contracts.items()
            for person in self.people
            if not each.ended and each.since <= self.month.first_day and person != each.holder
            if person not in each.users
        ]

    @precondition(lambda self: self.alive and self._running())
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        """A customer leaves at the month's end."""
        contract = data.draw(st.sampled_from(self._running()))
        self.contracts[contract].ended = True
        self._when(f"contract {contract} ends on {day(self.month.last_day)}")

    def _running(self) -> list[str]:
        now = self.month.first_day
        return [number for number, each in self.contracts.items() if not each.ended and each.since <= now]

    # -- the month

    @precondition(lambda self: self.alive)
    @rule(call=st.sampled_from(tuple(CALLS)), trouble=st.sampled_from(_TROUBLES))
    def trouble(self, call: str, trouble: str) -> None:
        """The network will fail."""
        self._when(f"the next time the retailer {call}, {trouble}")

    @precondition(lambda self: self.alive and self.contracts and self.month < self.first + self.months)
    @rule(
        data=st.data(),
        reports=_MOSTLY,
        fetches=_MOSTLY,
        pays=_MOSTLY,
        again=st.booleans(),
        bills=st.lists(_CENTS, min_size=2 * len(CONTRACTS), max_size=2 * len(CONTRACTS)),
    )
    def month_goes_by(
        self, data: st.DataObject, reports: bool, fetches: bool, pays: bool, again: bool, bills: list[int]
    ) -> None:
        """A month as it should be, or with something left out: contracts, decision, discounts, bills, payouts."""
        if reports:
            self._when("the retailer reports its contracts")
        self._when(f"ALDIS decides for {month(self.month)}")
        if fetches:
            self._when("the retailer fetches its discounts")
        for contract in self._billable():
            for _ in range(data.draw(st.sampled_from((1, 1, 1, 0, 2)))):
                self._bill(contract, bills.pop())
        if pays:
            self._when("the retailer reports its payouts")
        if again:
            self._when("the retailer runs its whole exchange")
        self.month += 1
        self._when(f"time goes on to {day(self.month.first_day)}")

    def _bill(self, contract: str, cents: int) -> None:
        key = (contract, self.month)
        self.billed[key] = self.billed.get(key, 0) + 1
        amount = Decimal(cents).scaleb(-2)
        self._when(f"the retailer bills contract {contract} for {month(self.month)}: {amount:.2f} EUR net")

    def _billable(self) -> list[str]:
        return [number for number, each in self.contracts.items() if each.since <= self.month.last_day]

    @precondition(lambda self: self.alive and "reversals" in self.can and self._cancellable())
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """A bill is taken back."""
        contract, period = data.draw(st.sampled_from(self._cancellable()))
        self.cancelled.add((contract, period))
        self._when(f"the retailer takes back its bill of contract {contract} for {month(period)}")

    def _cancellable(self) -> list[tuple[str, Period]]:
        return [key for key, count in self.billed.items() if count == 1 and key not in self.cancelled]

    def finish(self) -> None:
        """Whatever was left undone gets its run, and the month is reconciled."""
        self._when("the network works again")
        for _ in range(2):
            self._when("the retailer runs its whole exchange")
        self._when(f"time goes on to {day((self.month + 1).first_day.replace(day=22))}")
        self._when("the retailer runs its whole exchange")

    def _given(self, sentence: str) -> None:
        self.tell("Given", sentence)

    def _when(self, sentence: str) -> None:
        self.tell("When", sentence)


def machine(tell: Tell, can: frozenset[str], months: int, ending: Callable[[Any], None]) -> type[Life]:
    """A life whose sentences go to ``tell``; ``ending`` gets it when it is over."""

    class Told(Life):
        def teardown(self) -> None:
            if self.alive:
                ending(self)

    Told.tell = staticmethod(tell)
    Told.can = can
    Told.months = months
    return Told
