from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.documents.profile import load_profile
from simulator.documents.timetable import Duty, DutyKind, timetable_of
from simulator.domain.clock import RIGA
from simulator.domain.model import ChannelName, Period

TIMETABLE = timetable_of(load_profile().due)


def _at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=RIGA)  # type: ignore[arg-type, misc]


def test_a_month_is_determined_on_the_7th_and_the_one_before_reconciled_on_the_21st() -> None:
    assert tuple(TIMETABLE.duties(_at(2026, 3, 1), _at(2026, 4, 1))) == (
        Duty(_at(2026, 3, 7, 9), DutyKind.DETERMINE, Period(2026, 3)),
        Duty(_at(2026, 3, 21, 9), DutyKind.RECONCILE, Period(2026, 2)),
    )


def test_the_end_belongs_to_the_stretch_and_the_beginning_does_not() -> None:
    moment = _at(2026, 3, 7, 9)
    assert len(tuple(TIMETABLE.duties(moment - timedelta(seconds=1), moment))) == 1
    assert tuple(TIMETABLE.duties(moment, moment)) == ()


_MOMENTS = st.integers(0, 9 * 365 * 24).map(lambda hours: _at(2021, 1, 1) + timedelta(hours=hours))


@settings(deadline=None)
@given(st.lists(_MOMENTS, min_size=2, max_size=5, unique=True))
def test_a_stretch_cut_in_pieces_has_the_same_duties(moments: list[datetime]) -> None:
    moments.sort(key=datetime.timestamp)
    whole = list(TIMETABLE.duties(moments[0], moments[-1]))
    pieces = [duty for start, end in pairwise(moments) for duty in TIMETABLE.duties(start, end)]
    assert whole == pieces
    assert len({(duty.kind, duty.period) for duty in whole}) == len(whole)


@pytest.mark.parametrize(
    ("channel", "period", "due"),
    [
        (ChannelName.CONTRACT, "2026-03", date(2026, 3, 4)),  # a Wednesday
        (ChannelName.CONTRACT, "2026-04", date(2026, 4, 2)),  # the 3rd is Good Friday
        (ChannelName.CONTRACT, "2026-01", date(2025, 12, 30)),  # 31 December to 4 January are free (the 2nd was moved)
        (ChannelName.PAYOUT, "2026-03", date(2026, 4, 20)),
        (ChannelName.PAYOUT, "2026-12", date(2027, 1, 20)),
        (ChannelName.DISCOUNT, "2026-03", None),
    ],
)
def test_when_a_months_documents_are_due(channel: ChannelName, period: str, due: date | None) -> None:
    assert TIMETABLE.due(channel, Period.parse(period)) == due


def test_which_periods_are_plausible() -> None:
    now = _at(2026, 3, 15)
    assert TIMETABLE.plausible(ChannelName.CONTRACT, now) == (Period(2025, 3), Period(2026, 4))
    assert TIMETABLE.plausible(ChannelName.PAYOUT, now) == (Period(2025, 3), Period(2026, 3))
