"""Random histories of a retailer: customers come and go, bills are issued, calls fail now and then.

A history is a sequence of the sentences that scenarios are written in. It says what may happen when; what the retailer
has to do about it, the rules know.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from conformance.scenarios.steps.sentences import CALL_FAULTS, CALLS, write_day, write_month
from simulator.documents.model import Period

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


class RetailerHistory(RuleBasedStateMachine):
    """Draws a history step by step. ``can`` is what the driver can do; after ``months`` no further month begins."""

    run_sentence: RunSentence
    can: frozenset[str] = frozenset()
    months: int = 3

    def __init__(self) -> None:
        super().__init__()
        self.people: tuple[str, ...] = ()
        self.contracts: dict[str, _Contract] = {}
        self.month = Period(2026, 3)
        self.first = self.month
        self.billed: dict[tuple[str, Period], int] = {}
        self.reversed_bills: set[tuple[str, Period]] = set()
        self.started = False

    # -- how it begins

    @initialize(
        start=st.sampled_from(STARTS),
        people=st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3, unique=True),
        data=st.data(),
    )
    def start(self, start: date, people: list[str], data: st.DataObject) -> None:
        """Introduce the people and what the state knows of them; the first one signs a contract."""
        self.people, self.month, self.first = tuple(people), Period.of(start), Period.of(start)
        self._given(f"it is {write_day(start)}")
        for person in people:
            self._protect(person, start, data)
        self.started = True
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

    @precondition(lambda self: self.started and len(self.contracts) < len(CONTRACTS))
    @rule(data=st.data(), ahead=st.booleans())
    def sign(self, data: st.DataObject, ahead: bool) -> None:
        """Let a person sign a contract from this month or the next."""
        self._sign(data.draw(st.sampled_from(self.people)), (self.month + (1 if ahead else 0)).first_day)

    def _sign(self, person: str, start: date) -> None:
        contract = next(number for number in CONTRACTS if number not in self.contracts)
        since = start.replace(day=1)
        self.contracts[contract] = _Contract(person, since)
        self._when(f"{person} signs contract {contract} from {write_day(since)}")

    @precondition(lambda self: self.started and "sub_users" in self.can and self._free_users())
    @rule(data=st.data())
    def join(self, data: st.DataObject) -> None:
        """Let a person become a sub-user of a contract."""
        person, contract = data.draw(st.sampled_from(self._free_users()))
        self.contracts[contract].users.add(person)
        self._when(f"{person} becomes a sub-user on contract {contract} from {write_day(self.month.first_day)}")

    def _free_users(self) -> list[tuple[str, str]]:
        return [
            (person, number)
            for number, contract in self.contracts.items()
            for person in self.people
            if not contract.ended and contract.since <= self.month.first_day
            if person != contract.holder and person not in contract.users
        ]

    @precondition(lambda self: self.started and self._running())
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        """End a contract at the end of the month."""
        contract = data.draw(st.sampled_from(self._running()))
        self.contracts[contract].ended = True
        self._when(f"contract {contract} ends on {write_day(self.month.last_day)}")

    def _running(self) -> list[str]:
        now = self.month.first_day
        return [number for number, contract in self.contracts.items() if not contract.ended and contract.since <= now]

    # -- the month

    @precondition(lambda self: self.started)
    @rule(call=st.sampled_from(tuple(CALLS)), fault=st.sampled_from(_CALL_FAULTS))
    def inject_fault(self, call: str, fault: str) -> None:
        """Make the next call of an operation fail."""
        self._when(f"the next time the retailer {call}, {fault}")

    @precondition(lambda self: self.started and self.contracts and self.month < self.first + self.months)
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
        self._when(f"ALDIS decides for {write_month(self.month)}")
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
        self._when(f"time goes on to {write_day(self.month.first_day)}")

    def _bill(self, contract: str, cents: int) -> None:
        key = (contract, self.month)
        self.billed[key] = self.billed.get(key, 0) + 1
        amount = Decimal(cents).scaleb(-2)
        self._when(f"the retailer bills contract {contract} for {write_month(self.month)}: {amount:.2f} EUR net")

    def _billable(self) -> list[str]:
        return [number for number, contract in self.contracts.items() if contract.since <= self.month.last_day]

    @precondition(lambda self: self.started and "reversals" in self.can and self._reversible())
    @rule(data=st.data())
    def reverse_bill(self, data: st.DataObject) -> None:
        """Reverse a bill."""
        contract, period = data.draw(st.sampled_from(self._reversible()))
        self.reversed_bills.add((contract, period))
        self._when(f"the retailer takes back its bill of contract {contract} for {write_month(period)}")

    def _reversible(self) -> list[tuple[str, Period]]:
        return [key for key, count in self.billed.items() if count == 1 and key not in self.reversed_bills]

    def finish(self) -> None:
        """Let the retailer catch up on what was left out, and BVKB reconcile the month."""
        self._when("the network works again")
        for _ in range(2):
            self._when("the retailer runs its whole exchange")
        self._when(f"time goes on to {write_day((self.month + 1).first_day.replace(day=22))}")
        self._when("the retailer runs its whole exchange")

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
            if self.started:
                on_end(self)

    History.run_sentence = staticmethod(run_sentence)
    History.can = can
    History.months = months
    return History
