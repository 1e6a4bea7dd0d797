"""Large blobs, written and read in pieces."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from simulator.store import Store, StoreError
from simulator.store.blobs import LARGE
from simulator.store.incoming import PIECE
from simulator.store.schema import blob_pieces
from simulator.store.store import BLOB_FOLDER, INCOMING_FOLDER

SIZES = [0, 1, LARGE, LARGE + 1, 3 * PIECE, 3 * PIECE + 1]
Opening = Callable[[Path], "contextmanager[Store]"]


@contextmanager
def with_files(directory: Path) -> Iterator[Store]:
    with Store.open(directory) as store:
        yield store


@contextmanager
def without_files(directory: Path) -> Iterator[Store]:
    """A store without a directory, as on PostgreSQL."""
    with Store.open(url=f"sqlite:///{directory / 'only.sqlite3'}") as store:
        yield store


def data(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def incoming_of(store: Store, content: bytes):  # type: ignore[no-untyped-def]
    incoming = store.incoming()
    for start in range(0, len(content), 100_000):
        incoming.write(content[start : start + 100_000])
    incoming.finish()
    assert incoming.reference == hashlib.sha256(content).hexdigest()
    assert (incoming.size, b"".join(incoming.pieces())) == (len(content), content)
    return incoming


@pytest.mark.parametrize("opened", [with_files, without_files])
@pytest.mark.parametrize("size", SIZES)
def test_what_is_adopted_comes_back(tmp_path: Path, opened: Opening, size: int) -> None:
    with opened(tmp_path) as store, incoming_of(store, data(size)) as incoming:
        with store.transaction() as transaction:
            reference = transaction.adopt(incoming)
            assert transaction.blob(reference) == data(size)
        incoming.close()
        with store.reading() as transaction:
            blob = transaction.open_blob(reference)
            assert transaction.blob(reference) == data(size)
        pieces = list(blob.pieces())
        assert (blob.size, b"".join(pieces)) == (size, data(size))
        assert max(map(len, pieces), default=0) <= PIECE


def test_what_only_has_to_wait_is_never_adopted_and_leaves_nothing(tmp_path: Path) -> None:
    with with_files(tmp_path) as store:
        with store.scratch() as waiting:
            waiting.write(data(LARGE * 4))
            waiting.finish()
            assert b"".join(waiting.pieces()) == data(LARGE * 4)
            with pytest.raises(StoreError, match="was not to be kept"), store.transaction() as transaction:
                transaction.adopt(waiting)
        assert list((tmp_path / INCOMING_FOLDER).iterdir()) == []


@pytest.mark.parametrize("opened", [with_files, without_files])
def test_what_an_undone_transaction_adopted_can_be_adopted_again(tmp_path: Path, opened: Opening) -> None:
    with opened(tmp_path) as store, incoming_of(store, data(LARGE * 4)) as incoming:
        with pytest.raises(RuntimeError), store.transaction() as transaction:
            transaction.adopt(incoming)
            raise RuntimeError
        with store.reading() as transaction, pytest.raises(KeyError):
            transaction.open_blob(incoming.reference)
        with store.transaction() as transaction:
            transaction.adopt(incoming)
        with store.transaction() as transaction:
            reference = transaction.adopt(incoming)  # there already
            assert transaction.blob(reference) == data(LARGE * 4)


def test_pieces_lie_in_the_database_where_there_is_no_folder(tmp_path: Path) -> None:
    with without_files(tmp_path) as store, incoming_of(store, data(3 * PIECE + 1)) as incoming:
        with store.transaction() as transaction:
            transaction.adopt(incoming)
        with store.reading() as transaction:
            sizes = [len(scalar) for scalar in transaction.connection.scalars(select(blob_pieces.c.data))]
    assert sizes == [PIECE, PIECE, PIECE, 1]


def test_nothing_is_left_beside_the_store(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        with incoming_of(store, data(10)), store.spool() as spool:
            spool.write(b"x")
        assert list((tmp_path / INCOMING_FOLDER).iterdir()) == []


def test_what_a_killed_process_left_is_swept_away_and_what_others_write_is_not(tmp_path: Path) -> None:
    with Store.open(tmp_path):
        pass
    gone = tmp_path / INCOMING_FOLDER / "999999999-0123"
    alive = tmp_path / INCOMING_FOLDER / f"{os.getppid()}-0123"
    for path in (gone, alive):
        path.write_bytes(b"x")
    with Store.open(tmp_path):
        assert [path.name for path in (tmp_path / INCOMING_FOLDER).iterdir()] == [alive.name]


def test_an_unfinished_file_cannot_be_adopted(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, store.incoming() as incoming:
        incoming.write(data(LARGE + 1))
        with pytest.raises(StoreError, match="finish it first"), store.transaction() as transaction:
            transaction.adopt(incoming)


def test_a_damaged_file_is_reported(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, incoming_of(store, data(LARGE + 1)) as incoming:
        with store.transaction() as transaction:
            reference = transaction.adopt(incoming)
        incoming.close()
        path = tmp_path / BLOB_FOLDER / reference[:2] / reference
        path.write_bytes(b"short")
        with store.reading() as transaction, pytest.raises(StoreError, match="5 bytes"):
            transaction.open_blob(reference)
        path.unlink()
        with store.reading() as transaction, pytest.raises(StoreError, match="No such file"):
            transaction.open_blob(reference)


def test_a_folder_that_cannot_be_written_is_a_store_error(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        (tmp_path / INCOMING_FOLDER).rmdir()
        with pytest.raises(StoreError, match="No such file"):
            store.incoming()
        with pytest.raises(StoreError, match="No such file"):
            store.spool()
