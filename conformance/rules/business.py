"""The retailer's business as the suite drove it: requests, scheduled runs, events of its contracts, bills."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from conformance.rules.values import Table, address, day, money, month, person, table, tables, text, texts
from simulator.domain.model import Address, ChannelName, Period, Person
from simulator.journal.entries import Entry, Kind

_ANSWER = ".answer"
_ABOUT = {"apply": "events", "bill": "invoices"}


@dataclass(frozen=True, slots=True)
class Request:
    """One request of the driver protocol and its answer. ``ended`` is the entry of the answer, None without one."""

    number: int
    at: datetime
    do: str
    fields: Table
    ended: int | None = None
    ok: bool = False
    unsupported: bool = False
    error: str | None = None
    said: Table | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A scheduled run that the retailer carried out: its channels, and the entries between which it lies."""

    number: int
    ended: int
    at: datetime
    channels: frozenset[ChannelName]


@dataclass(frozen=True, slots=True)
class Tenancy:
    """A sub-user of a contract and for how long."""

    person: Person
    address: Address
    since: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class ContractState:
    """A contract as it was signed or changed last."""

    contract: str
    metering_point: str
    address: Address
    holder: Person
    valid_from: date
    valid_to: date | None = None
    ended: bool = False
    tenancies: tuple[Tenancy, ...] = ()


@dataclass(frozen=True, slots=True)
class BusinessEvent:
    """One event of the retailer's business, with the contract before and after it. ``day`` is when it takes effect."""

    number: int
    at: datetime
    kind: str
    before: ContractState | None
    after: ContractState
    day: date
    person: str | None = None
    previous_code: str | None = None

    @property
    def contract(self) -> str:
        """The contract's number as signed."""
        return self.after.contract


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill, net and VAT in EUR. ``lines`` is what the retailer says it took off, by person, None when it did not say.

    ``requested`` is false for a bill that nobody asked for and that is known from the payouts alone.
    """

    number: int
    at: datetime
    period: Period
    contract: str
    invoice: str
    issued: date
    net: Decimal
    vat: Decimal
    reverses: str | None = None
    lines: tuple[tuple[str, Decimal], ...] | None = None
    requested: bool = True


def requests_of(entries: Iterable[Entry], authority: str) -> tuple[Request, ...]:
    """Return the requests to a retailer, each with its answer."""
    requests: list[Request] = []
    waiting: dict[str, int] = {}
    for entry in entries:
        if entry.kind is not Kind.STIMULUS or entry.authority not in (authority, None):
            continue
        if entry.operation.endswith(_ANSWER):
            index = waiting.pop(entry.operation.removesuffix(_ANSWER), None)
            if index is not None:
                requests[index] = _answered(requests[index], entry)
        else:
            waiting[entry.operation] = len(requests)
            requests.append(Request(entry.number, entry.at, entry.operation, table(entry.details)))
    return tuple(requests)


def _answered(request: Request, entry: Entry) -> Request:
    said = table(entry.details)
    return replace(
        request,
        ended=entry.number,
        ok=said.get("ok") is True,
        unsupported=said.get("unsupported") is True,
        error=text(said.get("error")),
        said=said,
    )


def since_reset(requests: Sequence[Request]) -> tuple[Request, ...]:
    """Return the requests after the last reset."""
    last = max((place for place, request in enumerate(requests) if request.do == "reset"), default=-1)
    return tuple(requests[last + 1 :])


def runs_of(requests: Iterable[Request]) -> Iterator[Run]:
    """The runs that the retailer carried out without an error."""
    known = {channel.value: channel for channel in ChannelName}
    for request in requests:
        if request.do == "exchange" and request.ok and request.ended is not None:
            channels = frozenset(known[name] for name in texts(request.fields.get("channels")) if name in known)
            yield Run(request.number, request.ended, request.at, channels)


def events_of(requests: Iterable[Request]) -> Iterator[BusinessEvent]:
    """The events that the retailer took without an error, folded into its contracts."""
    contracts: dict[str, ContractState] = {}
    for request in requests:
        if request.do != "apply" or not request.ok:
            continue
        for fields in tables(request.fields.get("events")):
            event = _event(request, fields, contracts)
            if event is not None:
                contracts[event.contract] = event.after
                yield event


def indeterminate_of(requests: Iterable[Request]) -> frozenset[str]:
    """Return the contracts of events and bills that the retailer answered with an error; their state is not known."""
    return frozenset(
        number
        for request in requests
        if request.do in _ABOUT and not request.ok and not request.unsupported
        for fields in tables(request.fields.get(_ABOUT[request.do]))
        if (number := text(fields.get("contract"))) is not None
    )


def _event(request: Request, event: Table, contracts: dict[str, ContractState]) -> BusinessEvent | None:
    kind, number = text(event.get("kind")), text(event.get("contract"))
    fold = _FOLDS.get(kind or "")
    if fold is None or kind is None or number is None:
        return None
    before = contracts.get(number)
    folded = fold(event, number, before)
    if folded is None:
        return None
    after, effective, who = folded
    previous = text(event.get("previous_code"))
    return BusinessEvent(request.number, request.at, kind, before, after, effective, who, previous)


_Folded = tuple[ContractState, date, str | None]


def _signed(event: Table, number: str, before: ContractState | None) -> _Folded | None:
    place, holder = address(event.get("address")), person(event.get("holder"))
    point, since = text(event.get("metering_point")), day(event.get("valid_from"))
    if place is None or holder is None or point is None or since is None:
        return None
    state = ContractState(number, point, place, holder, since, day(event.get("valid_to")))
    if before is not None:
        state = replace(state, tenancies=before.tenancies)
    return state, since, None


def _changed(event: Table, number: str, before: ContractState | None) -> _Folded | None:
    folded = _signed(event, number, before)
    if folded is None or before is None:
        return None
    return replace(folded[0], ended=before.ended), folded[1], None


def _ended(event: Table, number: str, before: ContractState | None) -> _Folded | None:
    del number
    last = day(event.get("valid_to"))
    return None if before is None or last is None else (replace(before, valid_to=last, ended=True), last, None)


def _joined(event: Table, number: str, before: ContractState | None) -> _Folded | None:
    del number
    who, place, since = person(event.get("person")), address(event.get("address")), day(event.get("valid_from"))
    if before is None or who is None or place is None or since is None:
        return None
    others = tuple(tenancy for tenancy in before.tenancies if plain(tenancy.person.code) != plain(who.code))
    return replace(before, tenancies=(*others, Tenancy(who, place, since))), since, who.code


def _left(event: Table, number: str, before: ContractState | None) -> _Folded | None:
    del number
    code, until = text(table(event.get("person")).get("code")), day(event.get("valid_to"))
    if before is None or code is None or until is None:
        return None
    tenancies = tuple(
        replace(tenancy, until=until) if plain(tenancy.person.code) == plain(code) else tenancy
        for tenancy in before.tenancies
    )
    return replace(before, tenancies=tenancies), until, code


_FOLDS: dict[str, Callable[[Table, str, ContractState | None], _Folded | None]] = {
    "contract.new": _signed,
    "contract.change": _changed,
    "contract.end": _ended,
    "sub_user.add": _joined,
    "sub_user.end": _left,
}


def plain(code: str) -> str:
    """A personal code without its hyphen, which is optional in the wild."""
    return code.replace("-", "").strip()


def bills_of(requests: Iterable[Request]) -> Iterator[Bill]:
    """The bills that the retailer issued without an error, in the order of the requests."""
    for request in requests:
        period = month(request.fields.get("period"))
        if request.do != "bill" or not request.ok or period is None:
            continue
        lines = _lines(request)
        for fields in tables(request.fields.get("invoices")):
            contract, invoice = text(fields.get("contract")), text(fields.get("invoice"))
            issued, net, vat = day(fields.get("date")), money(fields.get("net")), money(fields.get("vat"))
            if contract is None or invoice is None or issued is None or net is None:
                continue
            yield Bill(
                number=request.number,
                at=request.at,
                period=period,
                contract=contract,
                invoice=invoice,
                issued=issued,
                net=net,
                vat=vat or Decimal("0.00"),
                reverses=text(fields.get("reverses")),
                lines=None if lines is None else tuple(line[1:] for line in lines if line[0] == invoice),
            )


def _lines(request: Request) -> list[tuple[str, str, Decimal]] | None:
    said = table(request.said)
    if "lines" not in said:
        return None
    stated = []
    for line in tables(said.get("lines")):
        invoice, who, applied = text(line.get("invoice")), text(line.get("person")), money(line.get("applied"))
        if invoice is not None and who is not None and applied is not None:
            stated.append((invoice, who, applied))
    return stated


class Business:
    """The business of one retailer: what it was asked to do and did.

    ``blocked`` holds the numbers of the entries at which the retailer could not reach DIT.
    """

    def __init__(self, entries: Iterable[Entry], authority: str, blocked: Sequence[int]) -> None:
        self._blocked = blocked
        self.all_requests = requests_of(entries, authority)
        self.requests = since_reset(self.all_requests)

    def was_asked_to(self, do: str) -> bool:
        """Tell whether the retailer was asked to do something since it was last reset, for example ``bill``."""
        return any(request.do == do for request in self.requests)

    @cached_property
    def is_driven(self) -> bool:
        """Tell whether the suite drove the retailer; otherwise the traffic is all that is known."""
        return any(self.was_asked_to(do) for do in ("apply", "bill", "exchange"))

    @cached_property
    def all_runs(self) -> tuple[Run, ...]:
        """The scheduled runs that the retailer carried out."""
        return tuple(runs_of(self.requests))

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """The runs in which DIT could be reached throughout. What was not done in another may be done later."""
        return tuple(
            run for run in self.all_runs if not any(run.number < blocked < run.ended for blocked in self._blocked)
        )

    def next_run_with(self, channel: ChannelName, after: int) -> Run | None:
        """Return the first run with a channel that began after an entry."""
        return next((run for run in self.runs if run.number > after and channel in run.channels), None)

    def run_of(self, number: int) -> Run | None:
        """Return the run in which an entry lies."""
        return next((run for run in self.runs if run.number < number < run.ended), None)

    def is_over(self, number: int, channel: ChannelName) -> bool:
        """Tell whether the run in which an entry lies has ended, or another run with the channel came since."""
        return self.run_of(number) is not None or self.next_run_with(channel, number) is not None

    def next_run_after(self, number: int, channel: ChannelName) -> Run | None:
        """Return the first run with a channel after the run in which an entry lies, or after the entry itself."""
        run = self.run_of(number)
        return self.next_run_with(channel, run.ended if run is not None else number)

    @cached_property
    def events(self) -> tuple[BusinessEvent, ...]:
        """The events that the retailer's contracts went through."""
        return tuple(events_of(self.requests))

    @cached_property
    def indeterminate(self) -> frozenset[str]:
        """Contracts whose state is not known: the retailer answered an event or a bill with an error."""
        return indeterminate_of(self.requests)

    @cached_property
    def bills(self) -> tuple[Bill, ...]:
        """The bills, credit notes included."""
        return tuple(bills_of(self.requests))
