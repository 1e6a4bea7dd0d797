"""The wsse:Security header of a call: reading its Timestamp, and choosing the clock by which the caller is judged.

A real client uses the clock of its machine; a client that is driven through simulated months uses the simulated clock.
The two can be months apart, and both clients must be able to call. So the Timestamp of a caller decides which clock it
uses, and all of its times are then compared with that clock, those of its tokens included (setting call.clock).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from simulator.dit.refusals import Refused
from simulator.documents.parsing import Element
from simulator.domain.clock import Clock
from simulator.domain.provenance import Basis, Provenance
from simulator.security.errors import BINDING, WSS, Check, refuse
from simulator.security.names import WSSE, WSU
from simulator.security.settings import CallSettings
from simulator.security.signatures import add, children, make, only, text_of

SIMULATED, MACHINE = "simulated", "machine"
SECURITY = f"{{{WSSE}}}Security"
"""Clark name of the header block."""

_HEADER = "soap:Header/wsse:Security"
_TIMESTAMP = f"{_HEADER}/wsu:Timestamp"
_CLOCKS = Provenance(Basis.ASSUMED, "call.clock of the security settings")
_DATE_TIME = re.compile(r"(-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?")


@dataclass(frozen=True, slots=True)
class Reading:
    """The present time ``now`` (aware) of the clock with this name."""

    clock: str
    now: datetime

    def __str__(self) -> str:
        return f"{write_moment(self.now)} by the {self.clock} clock"


class CallerClocks:
    """The clocks that a caller may use; ``mode`` is the setting call.clock: auto, simulated or machine."""

    def __init__(self, clock: Clock, mode: str) -> None:
        self._clock = clock
        self._mode = mode

    def readings(self) -> tuple[Reading, ...]:
        """Read the clocks that a caller may use."""
        simulated = Reading(SIMULATED, self._clock.now())
        if self._clock.is_real or self._mode == SIMULATED:
            return (simulated,)
        machine = Reading(MACHINE, datetime.now(UTC))
        return (machine,) if self._mode == MACHINE else (simulated, machine)

    def reading(self, clock: str) -> Reading | None:
        """Read the clock of this name; None when a caller may not use it."""
        return next((reading for reading in self.readings() if reading.clock == clock), None)

    def nearest(self, moment: datetime) -> Reading:
        """Read the clock that is nearest to a moment, which is most likely the one that the caller used."""
        return min(self.readings(), key=lambda reading: abs(reading.now - moment))


def read_moment(text: str | None) -> datetime | None:
    """Parse an xs:dateTime, in UTC when it has no zone (as in WS-Security); None when it is invalid."""
    match = _DATE_TIME.fullmatch((text or "").strip())
    if match is None:
        return None
    fraction = (match[2] or "")[:7]
    try:
        moment = datetime.fromisoformat(f"{match[1]}{fraction}{match[3] or 'Z'}")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def write_moment(moment: datetime) -> str:
    """Write a moment as xs:dateTime in UTC, to the millisecond, as WCF does."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def later(moment: datetime, seconds: float) -> datetime:
    """Return the moment ``seconds`` later (earlier when negative), or the last possible one on overflow."""
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A wsu:Timestamp; ``fits`` are the clocks whose present time is between its two moments."""

    element: Element
    created: datetime
    expires: datetime
    fits: tuple[Reading, ...]


def security_header(headers: Iterable[Element]) -> Element:
    """Return the one wsse:Security among the header blocks of a call; raises Refused."""
    security_headers = [header for header in headers if header.tag == SECURITY]
    if len(security_headers) == 1:
        return security_headers[0]
    raise refuse(
        Check.HEADER,
        _HEADER,
        "it is missing" if not security_headers else f"there are {len(security_headers)} of them",
        expected="one wsse:Security header block",
        remedy="have the client use WS-Security as the WSDL's policy says (TransportWithMessageCredential): "
        "wsu:Timestamp, the SAML token of the STS, and a ds:Signature with the token's proof key",
        source=BINDING,
    )


def read_timestamp(header: Element, clocks: CallerClocks, settings: CallSettings) -> Timestamp:
    """Read the Timestamp of a wsse:Security header; raises Refused unless it is valid now by at least one clock."""
    timestamps = children(header, WSU, "Timestamp")
    if len(timestamps) != 1:
        raise _refused(
            Check.TIMESTAMP,
            "it is missing" if not timestamps else f"there are {len(timestamps)} of them",
            "one wsu:Timestamp in wsse:Security",
            "have the client add it (WCF: includeTimestamp; CXF: sp:IncludeTimestamp of the policy; WSS4J: the "
            "action Timestamp)",
        )
    element = timestamps[0]
    created, expires = (read_moment(text_of(only(element, WSU, name))) for name in ("Created", "Expires"))
    if created is None:
        raise _refused(
            Check.TIMESTAMP,
            "its wsu:Created is missing or no date and time",
            "wsu:Created as xs:dateTime in UTC, such as 2026-01-05T07:00:00.000Z",
            "set it to the moment at which the call is made",
        )
    if only(element, WSU, "Expires") is not None and expires is None:
        raise _refused(
            Check.TIMESTAMP,
            "its wsu:Expires is no date and time",
            "wsu:Expires as xs:dateTime in UTC, or none",
            "set it to some minutes after wsu:Created",
        )
    ends = later(created, settings.timestamp_seconds.value)
    expires = min(expires, ends) if expires is not None else ends
    skew = settings.skew_seconds.value
    fits = tuple(
        reading
        for reading in clocks.readings()
        if later(reading.now, -skew) < expires and created <= later(reading.now, skew)
    )
    if not fits:
        raise _not_now(created, expires, clocks.nearest(created), settings)
    return Timestamp(element, created, expires, fits)


def clock_of_call(timestamp: Timestamp, clock: str | None) -> Reading:
    """Return the clock with which a call is judged: ``clock``, by which its token was issued, if any.

    Raises Refused when the call's Timestamp is not valid by that clock.
    """
    if clock is None:
        return timestamp.fits[0]
    for fit in timestamp.fits:
        if fit.clock == clock:
            return fit
    raise refuse(
        Check.CLOCK,
        _TIMESTAMP,
        f"wsu:Created is {write_moment(timestamp.created)}, which is now by the {timestamp.fits[0].clock} "
        f"clock, while the token was asked for by the {clock} clock",
        expected="one clock for the request of a token and for the calls with it",
        remedy="let the client take one and the same time for both; ask for a new token after changing it",
        source=_CLOCKS,
    )


def reply_header(reading: Reading, seconds: int) -> Element:
    """Return the wsse:Security header of a reply: a Timestamp from now, valid for ``seconds``, as the policy says."""
    header = make(WSSE, "Security")
    timestamp = add(header, WSU, "Timestamp")
    for name, moment in (("Created", reading.now), ("Expires", later(reading.now, seconds))):
        add(timestamp, WSU, name, write_moment(moment))
    return header


def _not_now(created: datetime, expires: datetime, reading: Reading, settings: CallSettings) -> Refused:
    skew = settings.skew_seconds.value
    clocks = f"it is {reading}; {skew} seconds of difference are allowed"
    if created > later(reading.now, skew):
        return _refused(
            Check.TIMESTAMP_EARLY,
            f"wsu:Created is {write_moment(created)}, still to come: {clocks}",
            f"wsu:Created of now, at most {skew} seconds ahead",
            "set the clock of the client's machine; write UTC with a Z, no local time without a zone",
        )
    return _refused(
        Check.TIMESTAMP_EXPIRED,
        f"it ended at {write_moment(expires)} (wsu:Created {write_moment(created)}, at most "
        f"{settings.timestamp_seconds.value} seconds): {clocks}",
        "a wsu:Timestamp of now",
        "make a new one for each call, also for one that is repeated; set the clock of the client's machine",
    )


def _refused(check: Check, found: str, expected: str, advice: str) -> Refused:
    return refuse(check, _TIMESTAMP, found, expected=expected, remedy=advice, source=WSS)
