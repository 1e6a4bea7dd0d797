"""Random histories of a retailer: customers come and go, bills are issued, calls fail now and then.

A history is a sequence of the sentences that scenarios are written in. This module draws sequences that can happen; the
rules judge what the retailer does in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from conformance.scenarios.steps.sentences import CALL_FAULTS, CALLS, write_day, write_month
from simulator.domain.model import Period

PEOPLE = ("Anna Bērziņa", "Jānis Kalniņš", "Ilze Krūmiņa", "Līga Ozoliņa")
CONTRACTS = ("0012345678", "900900", "40-001")
STARTS = (date(2026, 3, 2), date(2026, 11, 2))
_CALL_FAULTS = tuple(fault for fault in CALL_FAULTS if "long" not in fault)  # a slow reply costs time and finds nothing
_PROTECTED = (
    "is poor or low-income since {since}",
    "is poor or low-income from {since} until {until}",
    "is of disability group I since {since}",
    "is of a large family since {since}",
    "has 2 children with disability since {since}",
    "is guardian of 1 wards since {since}",
)

_CENTS = st.one_of(st.integers(0, 6000), st.sampled_from((0, 1, 1999, 2000, 2001)))
_USUALLY = st.sampled_from((True, True, True, False))

RunSentence = Callable[[str, str], None]
"""Runs a sentence, given its keyword (Given, When) and its text."""
PROVIDER = "aldis-conformance"


class SeededProvider(HypothesisProvider):
    """Hypothesis's source of choices without constants from source code.

    Hypothesis also tries the numbers that stand in the code of loaded modules. Here the same seed must give the same
    history on every machine, whatever is loaded.
    """

    def _maybe_draw_constant(self, *_: Any, **__: Any) -> None:
        return None


AVAILABLE_PROVIDERS[PROVIDER] = f"{SeededProvider.__module__}.{SeededProvider.__qualname__}"


@dataclass(slots=True)
class _Contract:
    holder: str
    since: date
    ended: bool = False
    users: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _State:
    """The people, contracts and bills of a history so far, which decide what can happen next."""

    people: tuple[str, ...]
    first_month: Period
    month: Period
    contracts: dict[str, _Contract] = field(default_factory=dict)
    billed: Counter[tuple[str, Period]] = field(default_factory=Counter)
    reversed_bills: set[tuple[str, Period]] = field(default_factory=set)

    def joinable(self) -> list[tuple[str, str]]:
        """Return the pairs of a person and a running contract that the person is not part of yet."""
        running = self.running()
        return [
            (person, number)
            for number, contract in self.contracts.items()
            for person in self.people
            if number in running and person != contract.holder and person not in contract.users
        ]

    def running(self) -> list[str]:
        """Return the contracts that run in this month and have no end yet."""
        start = self.month.first_day
        return [number for number, contract in self.contracts.items() if not contract.ended and contract.since <= start]

    def billable(self) -> list[str]:
        """Return the contracts that a bill for this month may be issued for."""
        return [number for number, contract in self.contracts.items() if contract.since <= self.month.last_day]

    def reversible(self) -> list[tuple[str, Period]]:
        """Return the contracts and months that have a single bill, which is not reversed yet."""
        return [key for key, count in self.billed.items() if count == 1 and key not in self.reversed_bills]


class RetailerHistory(RuleBasedStateMachine):
    """Draws a history step by step. ``can`` is what the driver can do; after ``months`` no further month begins.

    ``state`` is None until the history has started.
    """

    run_sentence: RunSentence
    can: frozenset[str] = frozenset()
    months: int = 3
    state: _State | None = None

    # -- how it begins

    @initialize(
        start=st.sampled_from(STARTS),
        people=st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3, unique=True),
        data=st.data(),
    )
    def start(self, start: date, people: list[str], data: st.DataObject) -> None:
        """Introduce the people and what the state knows of them; the first one signs a contract."""
        self._given(f"it is {write_day(start)}")
        for person in people:
            self._protect(person, start, data)
        self.state = _State(tuple(people), Period.of(start), Period.of(start))
        self._sign(people[0], start)

    def _protect(self, person: str, start: date, data: st.DataObject) -> None:
        kind = data.draw(st.sampled_from((None, *_PROTECTED)))
        if kind is None:
            self._given(f"{person} is protected by nothing")
            return
        since = start.replace(month=1, day=1)
        until = (Period.of(start) + data.draw(st.integers(0, 2))).last_day if "{until}" in kind else start
        self._given(f"{person} {kind.format(since=write_day(since), until=write_day(until))}")
        late = data.draw(st.sampled_from((None, 20, 50)))
        if late is not None:
            self._given(f"ALDIS learns of this only on {write_day(start + timedelta(days=late))}")
        if data.draw(st.booleans()) and data.draw(st.booleans()):
            self._given(f"{person} has maintenance arrears since {write_day(since)}")

    # -- business

    @precondition(lambda self: self.state and len(self.state.contracts) < len(CONTRACTS))
    @rule(data=st.data(), ahead=st.booleans())
    def sign(self, data: st.DataObject, ahead: bool) -> None:
        """Let a person sign a contract from this month or the next."""
        person = data.draw(st.sampled_from(self._state.people))
        self._sign(person, (self._state.month + (1 if ahead else 0)).first_day)

    def _sign(self, person: str, start: date) -> None:
        contract = next(number for number in CONTRACTS if number not in self._state.contracts)
        since = start.replace(day=1)
        self._state.contracts[contract] = _Contract(person, since)
        self._when(f"{person} signs contract {contract} from {write_day(since)}")

    @precondition(lambda self: self.state and "sub_users" in self.can and self.state.joinable())
    @rule(data=st.data())
    def join(self, data: st.DataObject) -> None:
        """Let a person become a sub-user of a contract."""
        person, contract = data.draw(st.sampled_from(self._state.joinable()))
        self._state.contracts[contract].users.add(person)
        self._when(f"{person} becomes a sub-user on contract {contract} from {write_day(self._state.month.first_day)}")

    @precondition(lambda self: self.state and self.state.running())
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        """End a contract at the end of the month."""
        contract = data.draw(st.sampled_from(self._state.running()))
        self._state.contracts[contract].ended = True
        self._when(f"contract {contract} ends on {write_day(self._state.month.last_day)}")

    # -- the month

    @precondition(lambda self: self.state)
    @rule(call=st.sampled_from(tuple(CALLS)), fault=st.sampled_from(_CALL_FAULTS))
    def inject_fault(self, call: str, fault: str) -> None:
        """Make the next call of an operation fail."""
        self._when(f"the next time the retailer {call}, {fault}")

    @precondition(
        lambda self: self.state and self.state.contracts and self.state.month < self.state.first_month + self.months
    )
    @rule(
        data=st.data(),
        reports=_USUALLY,
        fetches=_USUALLY,
        pays=_USUALLY,
        again=st.booleans(),
        bills=st.lists(_CENTS, min_size=2 * len(CONTRACTS), max_size=2 * len(CONTRACTS)),
    )
    def next_month(
        self, data: st.DataObject, reports: bool, fetches: bool, pays: bool, again: bool, bills: list[int]
    ) -> None:
        """Run a month, sometimes with a part left out: contracts, decision, discounts, bills, payouts."""
        if reports:
            self._when("the retailer reports its contracts")
        self._when(f"ALDIS decides for {write_month(self._state.month)}")
        if fetches:
            self._when("the retailer fetches its discounts")
        for contract in self._state.billable():
            for _ in range(data.draw(st.sampled_from((1, 1, 1, 0, 2)))):
                self._bill(contract, bills.pop())
        if pays:
            self._when("the retailer reports its payouts")
        if again:
            self._when("the retailer runs its whole exchange")
        self._state.month += 1
        self._when(f"time goes on to {write_day(self._state.month.first_day)}")

    def _bill(self, contract: str, cents: int) -> None:
        month = self._state.month
        self._state.billed[contract, month] += 1
        amount = Decimal(cents).scaleb(-2)
        self._when(f"the retailer bills contract {contract} for {write_month(month)}: {amount:.2f} EUR net")

    @precondition(lambda self: self.state and "reversals" in self.can and self.state.reversible())
    @rule(data=st.data())
    def reverse_bill(self, data: st.DataObject) -> None:
        """Reverse a bill."""
        contract, period = data.draw(st.sampled_from(self._state.reversible()))
        self._state.reversed_bills.add((contract, period))
        self._when(f"the retailer takes back its bill of contract {contract} for {write_month(period)}")

    def finish(self) -> None:
        """Let the retailer catch up on what was left out, and BVKB reconcile the month."""
        self._when("the network works again")
        for _ in range(2):
            self._when("the retailer runs its whole exchange")
        self._when(f"time goes on to {write_day((self._state.month + 1).first_day.replace(day=22))}")
        self._when("the retailer runs its whole exchange")

    @property
    def _state(self) -> _State:
        assert self.state is not None  # the preconditions of all rules
        return self.state

    def _given(self, sentence: str) -> None:
        self.run_sentence("Given", sentence)

    def _when(self, sentence: str) -> None:
        self.run_sentence("When", sentence)


def history_class(
    run_sentence: RunSentence, can: frozenset[str], months: int, on_end: Callable[[RetailerHistory], None]
) -> type[RetailerHistory]:
    """Return a state machine whose sentences go to ``run_sentence``; ``on_end`` gets each history that has started."""

    class History(RetailerHistory):
        def teardown(self) -> None:
            if self.state is not None:
                on_end(self)

    History.run_sentence = staticmethod(run_sentence)
    History.can = can
    History.months = months
    return History
