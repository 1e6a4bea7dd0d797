"""The wsse:Security header of a call: what stands in it, and whether its Timestamp is of now.

By which clock a caller lives. A real client has its machine's; one that is moved through months has the simulated.

A frozen simulation and a real client are months apart, and yet both must be able to talk. So a caller's Timestamp tells
which clock it lives by, and that clock then judges all of its moments: those of its tokens too (settings: call.clock).
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
from simulator.security.signatures import children, make, only, text_of

SIMULATED, MACHINE = "simulated", "machine"
_DATE_TIME = re.compile(r"(-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?")


@dataclass(frozen=True, slots=True)
class Reading:
    """One clock as it stands; ``now`` is aware."""

    clock: str
    now: datetime

    def __str__(self) -> str:
        return f"{write_moment(self.now)} by the {self.clock} clock"


class Moments:
    """Reads the clocks by which a caller may live; ``mode`` is auto, simulated or machine."""

    def __init__(self, clock: Clock, mode: str) -> None:
        self._clock = clock
        self._mode = mode

    def readings(self) -> tuple[Reading, ...]:
        """The clocks that count, as they stand now."""
        simulated = Reading(SIMULATED, self._clock.now())
        if self._clock.is_real or self._mode == SIMULATED:
            return (simulated,)
        machine = Reading(MACHINE, datetime.now(UTC))
        return (machine,) if self._mode == MACHINE else (simulated, machine)

    def reading(self, clock: str) -> Reading | None:
        """The clock of that name, None when it does not count here."""
        return next((reading for reading in self.readings() if reading.clock == clock), None)

    def nearest(self, moment: datetime) -> Reading:
        """The clock that a moment was most likely read from."""
        return min(self.readings(), key=lambda reading: abs(reading.now - moment))


def read_moment(text: str | None) -> datetime | None:
    """An xs:dateTime, UTC when it says no zone (as WS-Security does); None when it is none."""
    found = _DATE_TIME.fullmatch((text or "").strip())
    if found is None:
        return None
    fraction = (found[2] or "")[:7]
    try:
        moment = datetime.fromisoformat(f"{found[1]}{fraction}{found[3] or 'Z'}")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def write_moment(moment: datetime) -> str:
    """An xs:dateTime in UTC, to the millisecond, as WCF writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def later(moment: datetime, seconds: float) -> datetime:
    """A moment so many seconds on; the last there is where that would be beyond it."""
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


SECURITY = f"{{{WSSE}}}Security"
_PLACE = "soap:Header/wsse:Security"
_STAMP = f"{_PLACE}/wsu:Timestamp"
_CLOCKS = Provenance(Basis.ASSUMED, "call.clock of the security settings")


@dataclass(frozen=True, slots=True)
class Timestamp:
    """The moments of a wsu:Timestamp, and the clocks by which they are of now."""

    element: Element
    created: datetime
    expires: datetime
    fits: tuple[Reading, ...]


def security_header(headers: Iterable[Element]) -> Element:
    """The one wsse:Security among the header blocks for us; raises Refused."""
    found = [header for header in headers if header.tag == SECURITY]
    if len(found) == 1:
        return found[0]
    raise refuse(
        Check.HEADER,
        _PLACE,
        "it is missing" if not found else f"there are {len(found)} of them",
        expected="one wsse:Security header block",
        remedy="have the client use WS-Security as the WSDL's policy says (TransportWithMessageCredential): "
        "wsu:Timestamp, the SAML token of the STS, and a ds:Signature with the token's proof key",
        source=BINDING,
    )


def read_timestamp(header: Element, moments: Moments, settings: CallSettings) -> Timestamp:
    """The header's Timestamp, when it is of now by at least one clock; raises Refused."""
    found = children(header, WSU, "Timestamp")
    if len(found) != 1:
        raise _refused(
            Check.TIMESTAMP,
            "it is missing" if not found else f"there are {len(found)} of them",
            "one wsu:Timestamp in wsse:Security",
            "have the client add it (WCF: includeTimestamp; CXF: sp:IncludeTimestamp of the policy; WSS4J: the "
            "action Timestamp)",
        )
    element = found[0]
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
        for reading in moments.readings()
        if later(reading.now, -skew) < expires and created <= later(reading.now, skew)
    )
    if not fits:
        raise _not_now(created, expires, moments.nearest(created), settings)
    return Timestamp(element, created, expires, fits)


def lived_by(timestamp: Timestamp, clock: str | None) -> Reading:
    """The clock that judges this call: the one that the token was issued by, when it says; raises Refused."""
    if clock is None:
        return timestamp.fits[0]
    for fit in timestamp.fits:
        if fit.clock == clock:
            return fit
    raise refuse(
        Check.CLOCK,
        _STAMP,
        f"wsu:Created is {write_moment(timestamp.created)}, which is now by the {timestamp.fits[0].clock} "
        "clock, while the "
        f"token was asked for by the {clock} clock",
        expected="one clock for the request of a token and for the calls with it",
        remedy="let the client take one and the same time for both; ask for a new token after changing it",
        source=_CLOCKS,
    )


def reply_header(reading: Reading, seconds: int) -> Element:
    """The header block of an answer: a Timestamp, as the policy promises it."""
    header = make(WSSE, "Security")
    stamp = make(WSU, "Timestamp")
    header.append(stamp)
    for name, moment in (("Created", reading.now), ("Expires", later(reading.now, seconds))):
        part = make(WSU, name, write_moment(moment))
        stamp.append(part)
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
    return refuse(check, _STAMP, found, expected=expected, remedy=advice, source=WSS)
