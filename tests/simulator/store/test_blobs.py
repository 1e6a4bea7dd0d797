"""Blobs: small in the table, large as files, never half-written, nothing left behind."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.store import Store, StoreError
from simulator.store.blobs import LARGE
from simulator.store.store import BLOB_FOLDER

BIG = b"z" * (LARGE + 1)


def files(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.joinpath(BLOB_FOLDER).glob("*/*"))


@pytest.mark.parametrize("size", [0, 1, LARGE, LARGE + 1, 3 * LARGE])
def test_what_is_put_comes_back_under_its_sha256(tmp_path: Path, size: int) -> None:
    data = bytes(index % 251 for index in range(size))
    with Store.open(tmp_path) as store:
        with store.transaction() as transaction:
            reference = transaction.put_blob(data)
            assert transaction.blob(reference) == data
        assert reference == hashlib.sha256(data).hexdigest()
        with store.reading() as transaction:
            assert transaction.blob(reference) == data
        assert files(tmp_path) == ([reference] if size > LARGE else [])


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_putting_again_changes_nothing(blobs: list[bytes]) -> None:
    with Store.open() as store:
        for _ in range(2):
            with store.transaction() as transaction:
                references = [transaction.put_blob(blob) for blob in blobs]
        with store.reading() as transaction:
            assert [transaction.blob(reference) for reference in references] == blobs


@pytest.mark.parametrize("reference", ["", "0" * 64, "../../etc/passwd", "G" * 64, "0" * 63])
def test_an_unknown_reference_is_a_key_error(reference: str) -> None:
    with Store.open() as store, store.reading() as transaction, pytest.raises(KeyError):
        transaction.blob(reference)


def test_the_file_of_an_undone_transaction_goes_with_it(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        with store.transaction() as transaction:
            kept = transaction.put_blob(BIG)
        with pytest.raises(RuntimeError), store.transaction() as transaction:
            transaction.put_blob(BIG)  # there already: not this transaction's to remove
            transaction.put_blob(BIG + b"!")
            raise RuntimeError
        assert files(tmp_path) == [kept]
        with store.reading() as transaction:
            assert transaction.blob(kept) == BIG


def test_opening_removes_what_a_killed_process_left(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, store.transaction() as transaction:
        kept = transaction.put_blob(BIG)
    folder = tmp_path / BLOB_FOLDER / "ab"
    folder.mkdir()
    folder.joinpath("ab" + "0" * 62).write_bytes(b"renamed, not committed")
    folder.joinpath("ab" + "1" * 62 + ".part").write_bytes(b"not even renamed")
    with Store.open(tmp_path):
        assert files(tmp_path) == [kept]


def test_a_torn_file_of_an_uncommitted_blob_is_written_anew(tmp_path: Path) -> None:
    reference = hashlib.sha256(BIG).hexdigest()
    with Store.open(tmp_path) as store:
        torn = tmp_path / BLOB_FOLDER / reference[:2] / reference
        torn.parent.mkdir()
        torn.write_bytes(b"?" * len(BIG))
        with store.transaction() as transaction:
            transaction.put_blob(BIG)
        with store.reading() as transaction:
            assert transaction.blob(reference) == BIG


def test_a_lost_or_cut_file_is_reported(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        with store.transaction() as transaction:
            reference = transaction.put_blob(BIG)
        path = tmp_path / BLOB_FOLDER / reference[:2] / reference
        path.write_bytes(b"short")
        with store.reading() as transaction, pytest.raises(StoreError, match=f"{reference} has 5 bytes"):
            transaction.blob(reference)
        path.unlink()
        with store.reading() as transaction, pytest.raises(StoreError, match="reading blob"):
            transaction.blob(reference)


def test_a_large_blob_without_its_directory_is_reported(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'here.sqlite3'}"
    with Store.open(tmp_path, url=url) as store, store.transaction() as transaction:
        reference = transaction.put_blob(BIG)
    with (
        Store.open(url=url) as store,
        store.reading() as transaction,
        pytest.raises(StoreError, match="with its directory"),
    ):
        transaction.blob(reference)
