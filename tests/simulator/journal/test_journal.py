"""The journal: in the store, and as a report's folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.domain.clock import RIGA
from simulator.journal import (
    Entry,
    FolderJournal,
    JournalError,
    Kind,
    Outcome,
    StoredJournal,
    append,
    kept,
    write_folder,
)
from simulator.store import Store, StoreError

AT = datetime(2026, 3, 7, 9, 0, tzinfo=RIGA)
WALL = datetime(2026, 11, 1, 12, 0, 0, 5, tzinfo=RIGA)
ENTRY = Entry(kind=Kind.CLOCK, at=AT, wall=WALL, interface="admin", operation="advance")

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
moments = st.datetimes(datetime(2021, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
entries = st.builds(
    Entry,
    number=st.just(0),
    kind=st.sampled_from(Kind),
    at=moments,
    wall=moments,
    interface=st.sampled_from(["soap", "dit", "aldis", "suite", "admin"]),
    operation=texts,
    authority=st.none() | texts,
    outcome=st.sampled_from(Outcome),
    http_status=st.none() | st.integers(100, 599),
    fault_code=st.none() | texts,
    cause=st.none() | texts,
    channel_version=st.none() | texts,
    message_ids=st.lists(texts, max_size=3).map(tuple),
    request=st.none(),
    reply=st.none(),
    payload=st.none(),
    details=st.dictionaries(texts.filter(lambda name: name != "payloads"), json_values, max_size=3),
)


def line(**changes: object) -> str:
    values: dict[str, object] = {
        "number": 1,
        "kind": "clock",
        "at": AT.isoformat(),
        "wall": WALL.isoformat(),
        "interface": "admin",
        "operation": "advance",
        "outcome": "ok",
    }
    return json.dumps({name: value for name, value in (values | changes).items() if value is not ...})


@given(st.lists(entries, max_size=5))
def test_what_is_appended_comes_back_numbered_and_so_it_does_from_a_folder(appended: list[Entry]) -> None:
    with Store.open() as store, TemporaryDirectory() as folder:
        numbers = []
        for entry in appended:
            with store.transaction() as transaction:
                numbers.append(append(transaction, entry))
        expected = [replace(entry, number=number) for number, entry in enumerate(appended, 1)]
        assert numbers == [entry.number for entry in expected]
        assert in_utc(StoredJournal(store).entries()) == in_utc(expected)
        assert write_folder(StoredJournal(store), Path(folder)) == len(expected)
        assert in_utc(FolderJournal(Path(folder)).entries()) == in_utc(expected)


def in_utc(given: Iterable[Entry]) -> list[Entry]:
    """Return entries with times in UTC: in the repeated hour of autumn, Python finds no times of two zones equal."""
    return [replace(entry, at=entry.at.astimezone(UTC), wall=entry.wall.astimezone(UTC)) for entry in given]


def test_an_entry_stands_or_falls_with_its_transaction() -> None:
    with Store.open() as store:
        with pytest.raises(RuntimeError), store.transaction() as transaction:
            assert append(transaction, ENTRY) == 1
            assert append(transaction, ENTRY) == 2
            raise RuntimeError
        assert list(StoredJournal(store).entries()) == []
        with store.transaction() as transaction:
            assert append(transaction, ENTRY) == 1


def test_an_entry_with_a_number_and_one_with_an_unknown_blob_are_refused() -> None:
    with Store.open() as store:
        with pytest.raises(JournalError, match="number 7 already"), store.transaction() as transaction:
            append(transaction, replace(ENTRY, number=7))
        with pytest.raises(StoreError), store.transaction() as transaction:
            append(transaction, replace(ENTRY, request="0" * 64))
        assert list(StoredJournal(store).entries()) == []


def test_reading_goes_page_by_page_and_from_any_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_PAGE", 3)
    with Store.open() as store:
        with store.transaction() as transaction:
            for _ in range(7):
                append(transaction, ENTRY)
        stored = StoredJournal(store)
        assert [entry.number for entry in stored.entries()] == [1, 2, 3, 4, 5, 6, 7]
        assert [entry.number for entry in stored.entries(after=5)] == [6, 7]
        reading = stored.entries()
        next(reading)
        with store.transaction() as transaction:
            append(transaction, ENTRY)
        assert [entry.number for entry in reading] == [2, 3, 4, 5, 6, 7, 8]


def test_the_last_moment_is_where_a_stopped_simulation_goes_on() -> None:
    with Store.open() as store:
        assert StoredJournal(store).last_moment() is None
        with store.transaction() as transaction:
            append(transaction, ENTRY)
        assert StoredJournal(store).last_moment() == AT


def test_a_folder_carries_every_blob_that_entries_name(tmp_path: Path) -> None:
    with Store.open() as store:
        with store.transaction() as transaction:
            one, two, three, listed = (
                transaction.put_blob(data) for data in (b"request", b"reply", b"payload", b"listed")
            )
            transaction.put_blob(b"nobody's")
            append(
                transaction, replace(ENTRY, request=one, reply=two, payload=three, details={"payloads": {"id": listed}})
            )
            append(transaction, replace(ENTRY, request=one))
        write_folder(StoredJournal(store), tmp_path / "journal")
    folder = FolderJournal(tmp_path / "journal")
    assert [folder.blob(reference) for reference in (one, two, three, listed)] == [
        b"request",
        b"reply",
        b"payload",
        b"listed",
    ]
    assert sorted(path.name for path in (tmp_path / "journal" / "blobs").iterdir()) == sorted([one, two, three, listed])
    assert write_folder(folder, tmp_path / "copy") == 2
    assert list(FolderJournal(tmp_path / "copy").entries()) == list(folder.entries())


@pytest.mark.parametrize("reference", ["0" * 64, "../journal.jsonl", "", "0" * 63 + "/"])
def test_an_unknown_blob_is_a_key_error(tmp_path: Path, reference: str) -> None:
    with Store.open() as store:
        write_folder(StoredJournal(store), tmp_path)
        with pytest.raises(KeyError):
            StoredJournal(store).blob(reference)
    with pytest.raises(KeyError):
        FolderJournal(tmp_path).blob(reference)


def test_a_changed_blob_is_reported(tmp_path: Path) -> None:
    with Store.open() as store:
        with store.transaction() as transaction:
            reference = transaction.put_blob(b"true")
            append(transaction, replace(ENTRY, request=reference))
        write_folder(StoredJournal(store), tmp_path)
    tmp_path.joinpath("blobs", reference).write_bytes(b"false")
    with pytest.raises(JournalError, match=f"{reference}: the bytes are not those"):
        FolderJournal(tmp_path).blob(reference)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (line()[:-5], "not a JSON object"),
        ("[]", "not a JSON object"),
        ("", "not a JSON object"),
        ("\x00\x01", "not a JSON object"),
        (line(number=...), "number is not there"),
        (line(interface=...), "interface is not there"),
        (line(number="1"), "number is not a number"),
        (line(number=True), "number is not a number"),
        (line(number=0), "number is not a number"),
        (line(kind="gossip"), "'gossip' is not a valid Kind"),
        (line(outcome="maybe"), "'maybe' is not a valid Outcome"),
        (line(at="yesterday"), "yesterday"),
        (line(at="2026-03-07T09:00:00"), "moment with a time zone"),
        (line(at=5), "at is not a text"),
        (line(authority=100777), "authority is not a text"),
        (line(message_ids="x"), "message_ids is not a list"),
        (line(message_ids=[1]), "message_ids is not a list"),
        (line(details=[]), "details is not an object"),
        (line(http_status="200"), "http_status is not a number"),
        (line(extra=1), "unknown field extra"),
    ],
)
def test_a_damaged_line_is_reported_by_file_and_line(tmp_path: Path, text: str, reason: str) -> None:
    tmp_path.joinpath("journal.jsonl").write_text(line() + "\n" + text + "\n")
    reading = FolderJournal(tmp_path).entries()
    next(reading)
    with pytest.raises(JournalError) as damage:
        next(reading)
    assert f"{tmp_path / 'journal.jsonl'}, line 2: " in str(damage.value)
    assert reason in str(damage.value)


def test_entries_out_of_order_are_reported(tmp_path: Path) -> None:
    tmp_path.joinpath("journal.jsonl").write_text(line(number=2) + "\n" + line(number=2) + "\n")
    with pytest.raises(JournalError, match="line 2: entry 2 stands behind entry 2"):
        list(FolderJournal(tmp_path).entries())


def test_a_folder_without_a_journal_is_reported(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"holds no journal: journal\.jsonl is missing"):
        FolderJournal(tmp_path)


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    tmp_path.joinpath("file").write_text("x")
    with Store.open() as store, pytest.raises(JournalError, match="cannot be written"):
        write_folder(StoredJournal(store), tmp_path / "file" / "below")
