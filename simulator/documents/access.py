"""Where and for what a DIT user is given access: environments, rights on a channel, the month of the first exchange."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from simulator.documents.model import Period


class Environment(StrEnum):
    """DIT's two environments; access is opened in each by itself (BVKB's connecting steps, 3 and 6: documented)."""

    TEST = "test"
    PRODUCTION = "production"


class ChannelRight(StrEnum):
    """What a user may do on a channel: send, or read its mailbox there (that DIT has these two is assumed)."""

    SEND = "send"
    RECEIVE = "receive"


def first_month_after(opened: date) -> Period:
    """The month with which regular exchange begins, when access in production was opened on a day.

    It is the calendar month after (BVKB's connecting steps, step 7: documented).
    """
    return Period.of(opened) + 1
