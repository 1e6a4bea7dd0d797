"""A full disk: StorageFull, nothing half-written, and a store that works again when there is room."""

from __future__ import annotations

import errno
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.domain.clock import Clock
from simulator.store import StorageFull, Store, StoreError
from simulator.store.errors import from_database_error, from_os_error
from simulator.store.store import archive_add, archive_rows

NOW = Clock.real().now()


def test_a_full_database_refuses_a_call_whole_and_goes_on(tmp_path: Path) -> None:
    with Store.open(tmp_path, max_bytes=400_000) as store:
        with store.transaction() as transaction:
            archive_add(transaction, owner="test", kind="thing", key="before", at=NOW)
        with pytest.raises(StorageFull, match="make room"), store.transaction() as transaction:
            archive_add(transaction, owner="test", kind="thing", key="lost", at=NOW)
            for number in range(10):
                transaction.put_blob(bytes([number]) * 100_000)
        with store.transaction() as transaction:
            archive_add(transaction, owner="test", kind="thing", key="after", at=NOW)
        with store.reading() as transaction:
            assert [archive_row.key for archive_row in archive_rows(transaction, "test")] == ["before", "after"]


def test_swallowing_the_error_does_not_commit_half(tmp_path: Path) -> None:
    with Store.open(tmp_path, max_bytes=400_000) as store:
        with pytest.raises(StoreError, match="nothing more can be done"), store.transaction() as transaction:
            archive_add(transaction, owner="test", kind="thing", key="lost", at=NOW)
            with pytest.raises(StorageFull):
                for number in range(10):
                    transaction.put_blob(bytes([number]) * 100_000)
        with store.reading() as transaction:
            assert list(archive_rows(transaction, "test")) == []


def test_a_full_directory_refuses_a_call_whole_and_goes_on(tmp_path: Path) -> None:
    script = [sys.executable, "-m", "tests.simulator.store.full_process", str(tmp_path)]
    ran = subprocess.run(script, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3])
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_file_system_is_recognized_by_its_error_number(number: int) -> None:
    assert isinstance(from_os_error(OSError(number, "text"), "writing"), StorageFull)


def test_other_errors_are_not_fullness() -> None:
    assert not isinstance(from_os_error(PermissionError(errno.EACCES, "denied"), "writing"), StorageFull)
    locked = sqlite3.OperationalError("database is locked")
    locked.sqlite_errorcode = sqlite3.SQLITE_BUSY
    assert "held by another process" in str(from_database_error(locked))


def test_a_full_postgresql_is_recognized_by_its_state() -> None:
    error = Exception("could not extend file")
    error.sqlstate = "53100"  # type: ignore[attr-defined]
    assert isinstance(from_database_error(error), StorageFull)
