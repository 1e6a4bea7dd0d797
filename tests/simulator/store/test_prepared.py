"""Statements that are compiled once: the same rows as by SQLAlchemy, and the store's own errors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.dialects import sqlite

from simulator.store import StorageFull, Store, StoreError
from simulator.store.prepared import Prepared
from simulator.store.schema import archive, blobs, facts, month_bytes

ROW = {
    "number": 1,
    "owner": "ītest",
    "kind": "thing",
    "key": "a",
    "at": datetime(2026, 1, 5, 9, 0, 0, 12, timezone(timedelta(hours=2))),
    "body": {"ā": [1, None]},
    "blob": None,
}


def test_a_row_is_written_as_sqlalchemy_writes_it() -> None:
    put = Prepared(insert(archive))
    with Store.open() as store, store.transaction() as transaction:
        put.run(transaction.connection, ROW)
        transaction.connection.execute(insert(archive), {**ROW, "number": 2, "key": "b"})
        text = "SELECT owner, kind, at, body, blob FROM archive ORDER BY number"
        first, second = transaction.connection.exec_driver_sql(text)
        assert first == second
        read = transaction.connection.execute(select(archive).where(archive.c.number == 1)).mappings().one()
        assert {**read, "at": read["at"].astimezone(UTC)} == ROW


def test_answers_and_constants_come_back() -> None:
    statement = (
        sqlite.insert(month_bytes)
        .values(authority=bindparam("authority"), month="2026-01", bytes=bindparam("bytes"))
        .returning(month_bytes.c.bytes)
    )
    put, last = Prepared({"sqlite": statement}), Prepared(select(func.max(month_bytes.c.bytes)))
    with Store.open() as store, store.transaction() as transaction:
        assert last.run(transaction.connection, {}) == (None,)
        assert put.run(transaction.connection, {"authority": "100777", "bytes": 7}) == (7,)
        assert put.run(transaction.connection, {"authority": "100778", "bytes": 9}) == (9,)
        assert last.run(transaction.connection, {}) == (9,)
        assert (
            Prepared(select(month_bytes.c.bytes).where(month_bytes.c.month == "x")).run(transaction.connection, {})
            is None
        )


def test_a_failed_statement_ends_its_transaction_and_leaves_the_store_usable() -> None:
    put = Prepared(insert(facts))
    with Store.open() as store:
        with (
            pytest.raises(StoreError, match="a statement of this transaction failed"),
            store.transaction() as transaction,
        ):
            put.run(transaction.connection, {"name": "a", "value": "1"})
            with pytest.raises(StoreError, match="UNIQUE"):
                put.run(transaction.connection, {"name": "a", "value": "2"})
        with store.transaction() as transaction:
            put.run(transaction.connection, {"name": "a", "value": "3"})
        with store.reading() as transaction:
            assert transaction.connection.scalar(select(facts.c.value).where(facts.c.name == "a")) == "3"


def test_a_full_database_is_reported() -> None:
    put = Prepared(insert(blobs))
    with (
        Store.open(max_bytes=1024 * 1024) as store,
        pytest.raises(StorageFull, match="no room left"),
        store.transaction() as transaction,
    ):
        put.run(transaction.connection, {"sha256": "0" * 64, "size": 0, "data": bytes(4 * 1024 * 1024)})
