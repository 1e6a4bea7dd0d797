"""Transactions, commit and rollback, opening a store and refusing one."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from simulator.domain.clock import Clock
from simulator.store import Store, StoreError, Transaction
from simulator.store.schema import SCHEMA_VERSION, archive, facts
from simulator.store.store import DATABASE_FILE, archive_add, archive_rows

NOW = Clock.real().now()


def keys(store: Store) -> list[str]:
    with store.reading() as transaction:
        return [archive_row.key for archive_row in archive_rows(transaction, "test")]


def add(transaction: Transaction, key: str) -> bool:
    return archive_add(transaction, owner="test", kind="thing", key=key, at=NOW)


def test_what_a_transaction_did_is_there_after_it_and_after_opening_again(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        with store.transaction() as transaction:
            add(transaction, "a")
        assert keys(store) == ["a"]
    with Store.open(tmp_path) as store:
        assert keys(store) == ["a"]


def test_a_transaction_that_raises_leaves_nothing() -> None:
    with Store.open() as store:
        with pytest.raises(RuntimeError, match="on purpose"), store.transaction() as transaction:
            add(transaction, "a")
            raise RuntimeError("on purpose")
        assert keys(store) == []


def test_a_swallowed_database_error_does_not_let_the_transaction_commit() -> None:
    with Store.open() as store:
        with pytest.raises(StoreError, match="nothing more can be done"), store.transaction() as transaction:
            add(transaction, "a")
            with pytest.raises(StoreError, match="FOREIGN KEY"):
                archive_add(transaction, owner="test", kind="thing", key="b", at=NOW, blob="0" * 64)
        assert keys(store) == []
        with store.transaction() as transaction:
            add(transaction, "c")
        assert keys(store) == ["c"]


def test_callbacks_run_after_the_commit_in_order_and_may_open_transactions() -> None:
    with Store.open() as store:
        seen: list[object] = []

        def later() -> None:
            seen.append(keys(store))
            with store.transaction() as another:
                add(another, "b")

        with store.transaction() as transaction:
            add(transaction, "a")
            transaction.after_commit(later)
            transaction.after_commit(lambda: seen.append("second"))
            assert seen == []
        assert seen == [["a"], "second"]
        assert keys(store) == ["a", "b"]


def test_callbacks_of_an_undone_transaction_never_run() -> None:
    called: list[int] = []
    with Store.open() as store:
        with pytest.raises(RuntimeError), store.transaction() as transaction:
            transaction.after_commit(lambda: called.append(1))
            raise RuntimeError
        assert called == []


def test_a_failing_callback_neither_stops_the_others_nor_undoes_the_commit() -> None:
    called: list[int] = []

    def fail() -> None:
        raise RuntimeError("callback")

    with Store.open() as store:
        with pytest.raises(RuntimeError, match="callback"), store.transaction() as transaction:
            add(transaction, "a")
            transaction.after_commit(fail)
            transaction.after_commit(lambda: called.append(1))
        assert called == [1]
        assert keys(store) == ["a"]
        with pytest.raises(ExceptionGroup, match="several callbacks"), store.transaction() as transaction:
            transaction.after_commit(fail)
            transaction.after_commit(fail)


def test_a_second_transaction_in_the_same_thread_is_refused_instead_of_waiting_forever() -> None:
    with Store.open() as store:
        with store.transaction() as transaction:
            add(transaction, "a")
            with pytest.raises(StoreError, match="already has a transaction open"), store.transaction():
                pytest.fail("opened")
        assert keys(store) == ["a"]


def test_a_reading_transaction_changes_nothing() -> None:
    with Store.open() as store, store.reading() as transaction:
        with pytest.raises(StoreError, match="reading only"):
            transaction.put_blob(b"x")
        with pytest.raises(StoreError, match="reading only"):
            transaction.after_commit(print)


def test_a_reader_sees_one_state_while_others_write() -> None:
    with Store.open() as store, store.reading() as reader:
        count = select(func.count()).select_from(archive)
        assert reader.connection.scalar(count) == 0
        with store.transaction() as transaction:
            add(transaction, "a")
        assert reader.connection.scalar(count) == 0
        assert keys(store) == ["a"]


def test_threads_and_a_second_store_write_without_loss(tmp_path: Path) -> None:
    def write(store: Store, name: str) -> None:
        for number in range(20):
            with store.transaction() as transaction:
                add(transaction, f"{name}-{number}")

    with Store.open(tmp_path) as one, Store.open(tmp_path) as another:
        with ThreadPoolExecutor(6) as pool:
            for writing in [pool.submit(write, (one, another)[n % 2], str(n)) for n in range(6)]:
                writing.result()
        assert sorted(keys(one)) == sorted(f"{n}-{number}" for n in range(6) for number in range(20))
        with one.reading() as transaction:
            assert [archive_row.number for archive_row in archive_rows(transaction, "test")] == list(range(1, 121))


def test_a_store_in_a_directory_is_durable(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, store.reading() as transaction:
        assert transaction.connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert transaction.connection.scalar(text("PRAGMA synchronous")) == 2
        assert transaction.connection.scalar(text("PRAGMA foreign_keys")) == 1


def test_a_temporary_store_leaves_nothing_behind() -> None:
    store = Store.open()
    with store.transaction() as transaction:
        transaction.put_blob(b"x" * 1_000_000)
    place = store._scratch
    assert place is not None
    assert place.exists()
    store.close()
    assert not place.exists()


def test_a_store_of_another_version_is_refused(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, store.transaction() as transaction:
        transaction.connection.execute(update(facts).values(value="0"))
    with pytest.raises(StoreError) as refusal:
        Store.open(tmp_path)
    assert str(tmp_path) in str(refusal.value)
    assert f"store schema 0, this one reads {SCHEMA_VERSION}" in str(refusal.value)
    assert "empty directory" in str(refusal.value)


def test_a_database_of_another_program_is_refused_and_not_changed(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / DATABASE_FILE)
    connection.execute("CREATE TABLE theirs (x)")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="belongs to something else"):
        Store.open(tmp_path)
    connection = sqlite3.connect(tmp_path / DATABASE_FILE)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    connection.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    tmp_path.joinpath(DATABASE_FILE).write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match=r"damaged.*start with an empty directory"):
        Store.open(tmp_path)


def test_a_place_that_is_no_directory_is_refused(tmp_path: Path) -> None:
    tmp_path.joinpath("file").write_text("x")
    with pytest.raises(StoreError, match="cannot make the directory"):
        Store.open(tmp_path / "file")


@pytest.mark.parametrize(
    ("url", "reason"),
    [("nonsense", "no usable database address"), ("oracle7://x/y", "no usable database address")],
)
def test_an_unusable_address_is_refused(url: str, reason: str) -> None:
    with pytest.raises(StoreError, match=reason):
        Store.open(url=url)


def test_a_url_without_a_directory_keeps_large_blobs_in_the_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'here.sqlite3'}"
    large = b"y" * 400_000
    with Store.open(url=url) as store, store.transaction() as transaction:
        reference = transaction.put_blob(large)
    with Store.open(url=url) as store, store.reading() as transaction:
        assert transaction.blob(reference) == large
    assert not list(tmp_path.glob("blobs"))


def test_a_password_is_never_shown() -> None:
    for url in ("nonsense://user:geheim@host/name", "sqlite://user:geheim@/name"):
        with pytest.raises(StoreError) as refused:
            Store.open(url=url)
        assert "geheim" not in str(refused.value)
        assert "user:***@" in str(refused.value)
