"""Choices as bytes, from a seed and from zeros."""

from __future__ import annotations

import pytest

from conformance.payloads.engine.choices import Choices, SeededSource, ZeroSource


def _given(data: bytes) -> Choices:
    return Choices(data, lambda size: b"")


def test_the_same_seed_gives_the_same_choices() -> None:
    first, again, other = (SeededSource(seed).choices(8).take(40) for seed in ("a", "a", "b"))
    assert first == again != other


def test_zeros_choose_the_first_of_everything() -> None:
    choices = ZeroSource().choices(4)
    assert (choices.byte(), choices.number(3), choices.index(300), choices.pick("abc")) == (0, 0, 0, "a")
    assert choices.take(3) == bytes(3)


@pytest.mark.parametrize("count", [1, 2, 3, 128, 129, 8192, 8193])
def test_an_index_is_below_its_count(count: int) -> None:
    assert all(0 <= _given(bytes([byte] * 4)).index(count) < count for byte in range(256))
    assert _given(bytes(4)).index(count) == 0


def test_a_number_takes_its_bytes_from_the_most_significant_on() -> None:
    choices = _given(b"\x01\x02\x03")
    assert choices.number(2) == 0x102
    assert choices.byte() == 3


def test_a_block_grows_when_more_is_taken_than_it_has() -> None:
    asked: list[int] = []

    def more(size: int) -> bytes:
        asked.append(size)
        return b"\x07" * size

    choices = Choices(b"\x01", more)
    assert choices.take(3) == b"\x01\x07\x07"
    assert choices.byte() == 7
    assert len(asked) == 1
