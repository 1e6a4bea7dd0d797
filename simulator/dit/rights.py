"""Which user may do what on which channel in which environment, and since when. Pure.

Access is opened per DIT user, channel and environment; regular exchange in production begins with the calendar month
after it was opened there (BVKB's connecting steps, 3, 6 and 7: documented). That a right is one to send or one to
receive, and what DIT says to a call without it, is assumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from simulator.dit.model import RefusalCode
from simulator.dit.refusals import ACCESS, Refused, refuse
from simulator.documents.access import ChannelRight, Environment, first_month_after
from simulator.documents.model import Basis, Provenance

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from simulator.dit.model import Caller

EVER = date.min
"""The day of a right that was there before anybody asked."""

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
    """One right: the day on which it was granted (None: never), and the first day without it again.

    Of what nothing is known, nothing is withheld: without a grant a user has the right.
    """

    key: GrantKey
    opened: date | None
    closed: date | None = None

    @property
    def begins(self) -> date | None:
        """The first day on which the right can be used, None when it was never granted."""
        if self.opened is None or self.opened == EVER or self.key.environment is Environment.TEST:
            return self.opened
        return first_month_after(self.opened).first_day

    def holds_on(self, day: date) -> bool:
        """Return True when the right can be used on a day."""
        begins = self.begins
        return begins is not None and begins <= day and (self.closed is None or day < self.closed)


@dataclass(frozen=True, slots=True)
class Use:
    """A call that needs a right: on a channel (URN), named to the caller as ``place``, in an environment, on a day."""

    channel: str
    place: str
    environment: Environment
    right: ChannelRight
    day: date


def require_right(grants: Mapping[GrantKey, Grant], caller: Caller, users: Iterable[str], use: Use) -> None:
    """Raise Refused when a call's user has no right to make it on that day.

    ``users`` are those of whom one is enough: the caller, or all of an authority that called by its own id.
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
