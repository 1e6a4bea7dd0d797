"""The wsse:Security header of a call: what stands in it, and whether its Timestamp is of now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from simulator.dit.refusals import Refused
from simulator.documents.model import Basis, Provenance
from simulator.documents.parsing import Element
from simulator.security.errors import BINDING, WSS, Check, refuse
from simulator.security.moments import Moments, Reading, later, read_moment, write_moment
from simulator.security.names import WSSE, WSU
from simulator.security.settings import CallSettings
from simulator.security.trees import children, make, only, text_of

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
    found = [each for each in headers if each.tag == SECURITY]
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
        each for each in moments.readings() if later(each.now, -skew) < expires and created <= later(each.now, skew)
    )
    if not fits:
        raise _not_now(created, expires, moments.nearest(created), settings)
    return Timestamp(element, created, expires, fits)


def lived_by(timestamp: Timestamp, clock: str | None) -> Reading:
    """The clock that judges this call: the one that the token was issued by, when it says; raises Refused."""
    if clock is None:
        return timestamp.fits[0]
    for each in timestamp.fits:
        if each.clock == clock:
            return each
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
