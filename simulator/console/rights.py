"""Rights of DIT users as the admin calls show and change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from simulator.channels import BVKB_USER
from simulator.dit.rights import EVER, Grant, GrantKey
from simulator.documents.access import ChannelRight, Environment
from simulator.documents.model import ChannelName

if TYPE_CHECKING:
    from simulator.journal import Json
    from simulator.simulation import Simulation

_FIELDS = ("user", "open", "close", "channel", "right", "environment")


class WrongChange(Exception):
    """A change of rights cannot be read; says which field, and what may stand there."""


@dataclass(frozen=True, slots=True)
class Change:
    """Which rights are opened or closed, and from which day on; one of the two days is given."""

    keys: tuple[GrantKey, ...]
    opened: date | None
    closed: date | None


def as_json(grant: Grant, today: date) -> dict[str, Json]:
    """One right: whose, where, what for, its days, and whether it can be used today."""
    return {
        **grant.key._asdict(),
        "opened": None if grant.opened in (None, EVER) else str(grant.opened),
        "begins": None if grant.begins in (None, EVER) else str(grant.begins),
        "closed": None if grant.closed is None else str(grant.closed),
        "open": grant.holds_on(today),
    }


def read_change(body: Mapping[str, object], simulation: Simulation) -> Change:
    """Read the change that a POST asks for; raises WrongChange.

    ``channel`` (contract, discount, payout, or a channel's URN) and ``right`` may be left out, then all are meant;
    ``environment`` is the one that is served; ``open`` or ``close`` is a day, or true for today.
    """
    unknown = sorted(set(body) - set(_FIELDS))
    if unknown:
        raise WrongChange(f"there is no field {unknown[0]!r}; known are: {', '.join(_FIELDS)}")
    users = sorted({BVKB_USER, *(retailer.user for retailer in simulation.world.retailers)})
    user = _word(body, "user", users)
    environment = Environment(_word(body, "environment", list(Environment), simulation.options.environment))
    urns = {name: simulation.profile.channel(name).urn for name in ChannelName}
    with simulation.store.reading() as unit:
        known = simulation.network.directory(unit).channels
    channels = list(urns.values())
    if "channel" in body:
        word = _word(body, "channel", [*ChannelName, *sorted(known)])
        channels = [urns[ChannelName(word)] if word in set(ChannelName) else word]
    kinds = list(ChannelRight) if "right" not in body else [ChannelRight(_word(body, "right", list(ChannelRight)))]
    if ("open" in body) == ("close" in body):
        raise WrongChange('give one of "open" and "close": a day such as "2026-03-10", or true for today')
    today = simulation.clock.now().date()
    keys = tuple(GrantKey(user, channel, environment, kind) for channel in channels for kind in kinds)
    if "open" in body:
        return Change(keys, _day(body["open"], "open", today), None)
    return Change(keys, None, _day(body["close"], "close", today))


def _word(body: Mapping[str, object], key: str, known: list[str], default: str | None = None) -> str:
    found = body.get(key, default)
    if not isinstance(found, str) or found not in known:
        raise WrongChange(f'"{key}" must be one of {", ".join(known)}; found {found!r}')
    return found


def _day(value: object, key: str, today: date) -> date:
    if value is True:
        return today
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise WrongChange(f'"{key}" must be a day such as "2026-03-10", or true for today; found {value!r}') from None
