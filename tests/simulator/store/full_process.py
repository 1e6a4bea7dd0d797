"""Process with a limit on the size of its files, run by test_full.py; its exit code is the result."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import pytest

from simulator.domain.clock import Clock
from simulator.store import StorageFull, Store
from simulator.store.store import BLOB_FOLDER, archive_add, archive_rows

ROOM = 1_000_000


def main(directory: Path) -> None:
    now = Clock.real().now()
    with Store.open(directory) as store:
        with store.transaction() as transaction:
            archive_add(transaction, owner="test", kind="thing", key="before", at=now)
        resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, resource.RLIM_INFINITY))
        expect_full(store, lambda transaction: transaction.put_blob(b"x" * (2 * ROOM)))  # the blob's file
        expect_full(
            store, lambda transaction: [transaction.put_blob(bytes([n]) * 200_000) for n in range(8)]
        )  # SQLite's log
        with store.transaction() as transaction:
            archive_add(transaction, owner="test", kind="thing", key="small", at=now)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        with store.transaction() as transaction:
            transaction.put_blob(b"x" * (2 * ROOM))
            archive_add(transaction, owner="test", kind="thing", key="after", at=now)
    with Store.open(directory) as store, store.reading() as transaction:
        assert [archive_row.key for archive_row in archive_rows(transaction, "test")] == ["before", "small", "after"]
        assert len(list(directory.joinpath(BLOB_FOLDER).glob("*/*"))) == 1


def expect_full(store: Store, write: object) -> None:
    before = len(list(store._files._directory.glob("*/*")))  # type: ignore[union-attr]
    with pytest.raises(StorageFull, match="make room"), store.transaction() as transaction:
        archive_add(transaction, owner="test", kind="thing", key="lost", at=Clock.real().now())
        write(transaction)  # type: ignore[operator]
    assert len(list(store._files._directory.glob("*/*"))) == before, "a half-written file was left"  # type: ignore[union-attr]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
