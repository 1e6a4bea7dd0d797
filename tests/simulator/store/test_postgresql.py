"""The store on PostgreSQL: in a cluster of the test, or in the empty database of ALDIS_TEST_POSTGRESQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select, text

from simulator.domain.clock import Clock
from simulator.journal import Entry, Kind, StoredJournal, append
from simulator.store import Store, StoreError
from simulator.store.schema import archive, metadata
from simulator.store.store import archive_add, archive_rows
from tests.simulator.postgresql import MISSING, cluster, programs

pytestmark = pytest.mark.postgresql
URL = os.environ.get("ALDIS_TEST_POSTGRESQL")
NOW = Clock.real().now()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    binaries = programs()
    if URL is not None:
        yield URL
    elif binaries is None:
        pytest.skip(MISSING)
    else:
        with cluster(binaries) as url:
            yield url


@pytest.fixture
def store(tmp_path: Path, url: str) -> Iterator[Store]:
    with Store.open(tmp_path, url=url) as opened:
        yield opened
    engine = create_engine(url)
    metadata.drop_all(engine)
    engine.dispose()


def test_threads_number_the_journal_in_order_of_commit(store: Store) -> None:
    def write(number: int) -> int:
        with store.transaction() as transaction:
            archive_add(transaction, owner="test", kind="thing", key=str(number), at=NOW)
            entry = Entry(kind=Kind.CLOCK, at=NOW, wall=NOW, interface="admin", operation="advance")
            return append(transaction, entry)

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(write, range(80)))
    assert sorted(numbers) == [entry.number for entry in StoredJournal(store).entries()] == list(range(1, 81))


def test_blobs_small_and_large(store: Store) -> None:
    with store.transaction() as transaction:
        references = [transaction.put_blob(b"x"), transaction.put_blob(b"y" * 400_000)]
    with store.reading() as transaction:
        assert [len(transaction.blob(reference)) for reference in references] == [1, 400_000]


def test_a_reader_sees_one_state_and_a_failed_transaction_leaves_nothing(store: Store) -> None:
    count = select(func.count()).select_from(archive)
    with store.reading() as reader:
        assert reader.connection.scalar(count) == 0
        with store.transaction() as transaction:
            archive_add(transaction, owner="test", kind="thing", key="a", at=NOW)
        assert reader.connection.scalar(count) == 0
    with pytest.raises(StoreError, match="division by zero"), store.transaction() as transaction:
        archive_add(transaction, owner="test", kind="thing", key="b", at=NOW)
        transaction.connection.execute(text("SELECT 1/0"))
    with store.reading() as transaction:
        assert [archive_row.key for archive_row in archive_rows(transaction, "test")] == ["a"]
