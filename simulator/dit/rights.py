"""Limits on the use of DIT: the rights of users, the monthly quota, and the rules of one network.

Access is opened per DIT user, channel and environment. Regular exchange in production begins with the calendar month
after access was opened there (documented: BVKB's connecting steps 3, 6 and 7). Separate rights to send and to receive,
and the text of a refusal, are assumed.

The quota is 100 GB a month in the test environment and 50 GB in production (documented: VRAA, DIT integration
instruction v1.09, section 2.4). It counts the bytes of the payloads that DIT accepted from one authority in a calendar
month of simulated time (assumed).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from simulator.dit.model import RefusalCode
from simulator.dit.refusals import ACCESS, Refused, documented, refuse
from simulator.dit.xslt import DEFAULT_SECONDS
from simulator.domain.model import ChannelRight, Environment, Period, first_month_after
from simulator.domain.provenance import Basis, Provenance
from simulator.store.prepared import Prepared
from simulator.store.schema import month_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from simulator.dit.model import Caller
    from simulator.documents.profile_model import Limits
    from simulator.store import Transaction


UNBOUNDED = date.min
"""The day of a right that exists from the beginning."""

_MONTH_AFTER = Provenance(
    Basis.DOCUMENTED,
    "BVKB, connecting to ALDIS, step 7: the exchange begins with the calendar month after access was opened",
)
_TO_DO_EN = {ChannelRight.SEND: "to send on", ChannelRight.RECEIVE: "to receive from"}
_TO_DO_LV = {ChannelRight.SEND: "sūtīt kanālā", ChannelRight.RECEIVE: "saņemt no kanāla"}
_WHERE_EN = {Environment.TEST: "in the test environment", Environment.PRODUCTION: "in production"}
_WHERE_LV = {Environment.TEST: "testa vidē", Environment.PRODUCTION: "produkcijas vidē"}


class GrantKey(NamedTuple):
    """The key of a right: its user, channel (URN), environment, and action."""

    user: str
    channel: str
    environment: Environment
    right: ChannelRight


@dataclass(frozen=True, slots=True)
class Grant:
    """One right: the day on which it was granted (None: never), and the first day on which it is closed again.

    A user has every right for which there is no grant.
    """

    key: GrantKey
    opened: date | None
    closed: date | None = None

    @property
    def begins(self) -> date | None:
        """The first day on which the right can be used; None when it was never granted."""
        if self.opened is None or self.opened == UNBOUNDED or self.key.environment is Environment.TEST:
            return self.opened
        return first_month_after(self.opened).first_day

    def holds_on(self, day: date) -> bool:
        """Return True when the right can be used on a day."""
        begins = self.begins
        return begins is not None and begins <= day and (self.closed is None or day < self.closed)


@dataclass(frozen=True, slots=True)
class Use:
    """A call that needs a right: on a channel, in an environment, on a day.

    ``channel`` is the channel's URN, ``place`` the URN that the caller named: the channel's or a version's.
    """

    channel: str
    place: str
    environment: Environment
    right: ChannelRight
    day: date


def require_right(grants: Mapping[GrantKey, Grant], caller: Caller, users: Iterable[str], use: Use) -> None:
    """Raise Refused when none of ``users`` may make a call on its day.

    ``users`` is the caller's user, or all users of an authority that called by its own id.
    """
    withheld = []
    for user in users:
        grant = grants.get(GrantKey(user, use.channel, use.environment, use.right))
        if grant is None or grant.holds_on(use.day):
            return
        withheld.append(grant)
    if withheld:
        raise _refused(caller, withheld[0], use)


def _refused(caller: Caller, grant: Grant, use: Use) -> Refused:
    why_en, why_lv, remedy = _why(grant, use)
    user = grant.key.user
    en = f"user {user!r} has no right {_TO_DO_EN[use.right]} {use.place} {_WHERE_EN[use.environment]}: {why_en}"
    lv = f'Lietotājam "{user}" {_WHERE_LV[use.environment]} nav tiesību {_TO_DO_LV[use.right]} {use.place}: {why_lv}'
    return refuse(
        RefusalCode.NO_RIGHT,
        en,
        latvian=lv,
        found=f"User {caller.user!r} of authority {caller.authority} called on {use.day}; its right "
        f"{_TO_DO_EN[use.right]} {use.place} {_WHERE_EN[use.environment]}: {why_en}.",
        expected=f"a call by a user with the right {_TO_DO_EN[use.right]} channel {use.channel}, on a day on which it "
        "is open; rights are per user, channel and environment.",
        source=_MONTH_AFTER if grant.opened is not None and use.environment is Environment.PRODUCTION else ACCESS,
        remedy=remedy,
    )


def _why(grant: Grant, use: Use) -> tuple[str, str, str]:
    begins = grant.begins
    if grant.opened is None or begins is None:
        return (
            "it was never granted",
            "tās nav piešķirtas.",
            "have access opened by VRAA and BVKB (see `aldis plan`); here [[rights]] or POST /admin/rights do it.",
        )
    if grant.closed is not None and grant.closed <= use.day:
        return (
            f"it was closed on {grant.closed}",
            f"tās slēgtas {_day_lv(grant.closed)}",
            "ask BVKB why, and have it opened again; here POST /admin/rights does it.",
        )
    if use.environment is Environment.PRODUCTION:
        return (
            f"it was granted on {grant.opened} and can be used from {begins}, the calendar month after",
            f"tās piešķirtas {_day_lv(grant.opened)} un izmantojamas no {_day_lv(begins)}, nākamā kalendārā mēneša.",
            f"begin with the exchange on {begins}; until then use the test environment.",
        )
    return (
        f"it opens on {begins}",
        f"tās tiks atvērtas {_day_lv(begins)}",
        f"wait until {begins}.",
    )


def _day_lv(day: date) -> str:
    return f"{day:%d.%m.%Y.}"


def charge(transaction: Transaction, authority: str, day: date, size: int, limit: int) -> None:
    """Count the bytes of a payload for the month of its sender; raises Refused, and counts nothing, above the limit.

    ``day`` is simulated; ``size`` and ``limit`` are in bytes.
    """
    month = Period.of(day)
    row = {"authority": authority, "month": str(month), "bytes": size, "limit": limit}
    within = size <= limit and _COUNT.run(transaction.connection, row) is not None
    if not within:
        sent = sent_in(transaction, authority, month)
        next_month = (month + 1).first_day
        raise refuse(
            RefusalCode.QUOTA,
            f"authority {authority} has sent {sent} bytes in {month}; {size} more would pass the limit of {limit}",
            latvian=f"Iestāde {authority} {month} ir nosūtījusi {sent} baitus; vēl {size} pārsniegtu mēneša limitu "
            f"{limit}.",
            found=f"Authority {authority} has sent {sent} bytes in {month}, and this payload has {size}.",
            expected=f"at most {limit} bytes of payloads a month from each sender (that it is counted by sender is "
            "assumed).",
            source=documented("section 2.4"),
            remedy=f"send it after {next_month}, or send less often; bulk tests have to be announced to VRAA. Here the "
            "profile's limits.month_bytes_test and month_bytes_production change it.",
        )


def sent_in(transaction: Transaction, authority: str, month: Period) -> int:
    """Return the bytes that an authority has sent in a month."""
    return transaction.connection.execute(_SENT, {"authority": authority, "month": str(month)}).scalar() or 0


_OLD = month_bytes.c.bytes
_SENT = select(_OLD).where(month_bytes.c.authority == bindparam("authority"), month_bytes.c.month == bindparam("month"))
# One statement that counts only up to the limit. Built once, because building takes longer than running it.
_COUNT = Prepared(
    {
        name: (row := insert(month_bytes))
        .on_conflict_do_update(
            index_elements=[month_bytes.c.authority, month_bytes.c.month],
            set_={"bytes": _OLD + row.excluded.bytes},
            where=_OLD + row.excluded.bytes <= bindparam("limit"),
        )
        .returning(_OLD)
        for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRules:
    """The limits and checks of one network.

    ``message_bytes`` is the size of the largest payload (documented: 500 MB, section 2.4). ``month_bytes`` is the
    quota of an authority in bytes (None: no quota). ``poll_seconds`` is the shortest simulated time between two polls
    (None: no duty of clients is enforced). ``transformation_seconds`` is the longest wall time for one cut of a
    message, or of a slice of a large one. ``environment`` is the one whose rights users need. ``validate_on_send``:
    payloads are validated under the schema of their channel version (assumed).
    """

    message_bytes: int
    month_bytes: int | None = None
    poll_seconds: int | None = None
    transformation_seconds: float = DEFAULT_SECONDS
    environment: Environment = Environment.TEST
    validate_on_send: bool = True


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a simulation, for behaviour of DIT that is not known or differs by environment.

    ``environment`` is the one whose rights and quota apply. ``enforce_duties``: a client that breaks its duties is
    refused. ``validate_on_send``: a payload must be valid under the schema of its channel version.
    """

    environment: Environment = Environment.TEST
    enforce_duties: bool = False
    validate_on_send: bool = True

    def rules(self, limits: Limits) -> NetworkRules:
        """Return the rules of a network with a profile's limits."""
        return NetworkRules(
            message_bytes=limits.message_bytes.value,
            month_bytes=limits.month_bytes[self.environment].value,
            poll_seconds=limits.poll_seconds.value if self.enforce_duties else None,
            transformation_seconds=limits.transformation_seconds.value,
            environment=self.environment,
            validate_on_send=self.validate_on_send,
        )
