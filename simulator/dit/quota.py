"""The monthly quota: the bytes that an authority has sent in a month, as one row, and their limit.

100 GB a month in the test environment and 50 GB in production are documented (VRAA, DIT integration instruction v1.09,
section 2.4). Of whom they are counted is not said: here of each sending authority, by the bytes of the payloads that
DIT accepted in a calendar month of simulated time (assumed).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from simulator.dit.model import RefusalCode
from simulator.dit.refusals import documented, refuse
from simulator.documents.model import Period
from simulator.store.prepared import Prepared
from simulator.store.tables import month_bytes

if TYPE_CHECKING:
    from simulator.store import Unit

_OLD = month_bytes.c.bytes


def charge(unit: Unit, authority: str, day: date, size: int, limit: int) -> None:
    """Count a message's bytes for its sender's month; raises Refused, and counts nothing, beyond the limit."""
    month = Period.of(day)
    row = {"authority": authority, "month": str(month), "bytes": size, "limit": limit}
    within = size <= limit and _COUNT.run(unit.connection, row) is not None
    if not within:
        sent = sent_in(unit, authority, month)
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


def sent_in(unit: Unit, authority: str, month: Period) -> int:
    """The bytes that an authority has sent in a month."""
    return unit.connection.execute(_SENT, {"authority": authority, "month": str(month)}).scalar() or 0


_SENT = select(_OLD).where(month_bytes.c.authority == bindparam("authority"), month_bytes.c.month == bindparam("month"))
# One statement that counts only what is within the limit; built once, for building takes longer than running it.
_COUNT = Prepared(
    {
        name: (made := insert(month_bytes))
        .on_conflict_do_update(
            index_elements=[month_bytes.c.authority, month_bytes.c.month],
            set_={"bytes": _OLD + made.excluded.bytes},
            where=_OLD + made.excluded.bytes <= bindparam("limit"),
        )
        .returning(_OLD)
        for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
    }
)
