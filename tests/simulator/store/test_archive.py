"""The append-only records of other packages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.domain.clock import RIGA
from simulator.store import Store
from simulator.store.store import archive_add, archive_row, archive_rows

AT = datetime(2026, 3, 7, 9, 0, 0, 123456, tzinfo=RIGA)


def test_rows_come_back_in_order_by_owner_and_kind() -> None:
    with Store.open() as store:
        with store.transaction() as transaction:
            blob = transaction.put_blob(b"document")
            assert archive_add(
                transaction, owner="aldis", kind="payout", key="2", at=AT, body={"name": "Ķirsis"}, blob=blob
            )
            assert archive_add(transaction, owner="aldis", kind="contract", key="1", at=AT, body=[1, None])
            assert archive_add(transaction, owner="other", kind="contract", key="1", at=AT)
        with store.reading() as transaction:
            rows = list(archive_rows(transaction, "aldis"))
            assert [(row.kind, row.key) for row in rows] == [("payout", "2"), ("contract", "1")]
            assert rows[0].body == {"name": "Ķirsis"}
            assert rows[0].blob == blob
            assert rows[0].at == AT
            assert rows[0].at.tzinfo == RIGA
            assert [archive_row.body for archive_row in archive_rows(transaction, "aldis", "contract")] == [[1, None]]
            assert archive_row(transaction, "other", "contract", "1") is not None
            assert archive_row(transaction, "other", "payout", "1") is None


def test_a_key_is_taken_once_and_the_first_stays() -> None:
    with Store.open() as store:
        for body, taken in (("first", True), ("second", False)):
            with store.transaction() as transaction:
                assert archive_add(transaction, owner="a", kind="k", key="1", at=AT, body=body) is taken
        with store.transaction() as transaction:
            assert archive_add(transaction, owner="a", kind="k", key="2", at=AT, body="third")
            assert not archive_add(transaction, owner="a", kind="k", key="2", at=AT, body="fourth")
        with store.reading() as transaction:
            assert [archive_row.body for archive_row in archive_rows(transaction, "a")] == ["first", "third"]


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001
def test_a_moment_comes_back_as_the_same_moment(local: datetime, offset: int) -> None:
    at = local.replace(tzinfo=timezone(timedelta(minutes=offset)))
    with Store.open() as store:
        with store.transaction() as transaction:
            archive_add(transaction, owner="a", kind="k", key="1", at=at)
        with store.reading() as transaction:
            # in the hour that autumn repeats, Python never calls the moments of two zones equal
            assert next(archive_rows(transaction, "a")).at.astimezone(UTC) == at.astimezone(UTC)


def test_a_moment_without_a_zone_is_refused() -> None:
    with Store.open() as store, pytest.raises(Exception, match="needs a time zone"), store.transaction() as transaction:
        archive_add(transaction, owner="a", kind="k", key="1", at=datetime(2026, 1, 1))  # noqa: DTZ001
