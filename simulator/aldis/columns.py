"""Tables of a month for a whole country: a row of fixed length for each account, found by the account's number.

Whatever stands in a row, a table takes the same room, and changing a row moves nothing. Objects of their own that grow
month by month take more room than they have bytes: each leaves a hole where nothing that has grown too fits in again.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Collection, Iterator
from typing import NamedTuple


class Line(NamedTuple):
    """A payout record as it is kept, in cents. ``day`` is the invoice's, an ordinal; ``period`` counts months.

    ``document`` is the document's number here. ``code`` is the personal code as written where that is not the account's
    person.
    """

    day: int
    period: int
    place: int
    position: int
    document: int
    invoice: str
    net: int
    applied: int
    carried: int
    remainder: int
    reversal: bool
    code: str | None


class Amounts:
    """Cents by number; nothing where nobody added any."""

    def __init__(self) -> None:
        self._cents = array("i")

    def add(self, number: int, amount: int) -> None:
        """Add cents to those of a number."""
        if number >= len(self._cents):
            self._cents.frombytes(bytes((number + 1 - len(self._cents)) * self._cents.itemsize))
        try:
            self._cents[number] += amount
        except OverflowError:  # four bytes hold 21 million EUR: who needs more pays for eight
            self._cents = array("q", self._cents)
            self._cents[number] += amount

    def __getitem__(self, number: int) -> int:
        return self._cents[number] if number < len(self._cents) else 0


# Document + 1 (0: there is no bill), place of the document, position, day, net, applied, carried, remainder, and where
# in the month's text its own begins.
_ROW = struct.Struct("<IIIiiiiiI")
_NO_BILL = bytes(_ROW.size)
_WORDS = _ROW.size // 4
_LONGEST = 255
_BETWEEN = b"\0"  # no XML holds it


class Bills:
    """The bills of a month: one for each account. ``put`` refuses what a row does not hold, to be kept elsewhere."""

    def __init__(self, period: int) -> None:
        """``period`` counts months, as lines do."""
        self._period = period
        self._rows = bytearray()
        # Invoice numbers one after another, each behind its length, and behind it a code where a line has one.
        self._text = bytearray()

    def put(self, number: int, line: Line) -> bool:
        """Keep an account's bill; False when it has one already or this is not a plain one."""
        invoice = line.invoice.encode()
        text = invoice if line.code is None else invoice + _BETWEEN + line.code.encode()
        if line.reversal or len(text) > _LONGEST or _BETWEEN in invoice or self._has(number):
            return False
        figures = line.day, line.net, line.applied, line.carried, line.remainder
        try:
            row = _ROW.pack(line.document + 1, line.place, line.position, *figures, len(self._text))
        except struct.error:  # an amount or a place that four bytes do not hold
            return False
        missing = (number + 1) * _ROW.size - len(self._rows)
        if missing > 0:
            self._rows += bytes(missing)
        self._rows[number * _ROW.size : (number + 1) * _ROW.size] = row
        self._text.append(len(text))
        self._text += text
        return True

    def line(self, number: int) -> Line | None:
        """An account's bill, None when there is none."""
        place = number * _ROW.size
        if place >= len(self._rows):
            return None
        document, order, position, day, net, applied, carried, remainder, text = _ROW.unpack_from(self._rows, place)
        if not document:
            return None
        invoice, code = self._text[text + 1 : text + 1 + self._text[text]].decode(), None
        if "\0" in invoice:
            invoice, _, code = invoice.partition("\0")
        figures = net, applied, carried, remainder
        return Line(day, self._period, order, position, document - 1, invoice, *figures, False, code)

    def drop(self, documents: Collection[int]) -> None:
        """Take out all that some documents told, and the room of their texts."""
        gone = [number for number, document in enumerate(self._documents()) if document - 1 in documents]
        if not gone:
            return
        for number in gone:
            self._rows[number * _ROW.size : (number + 1) * _ROW.size] = _NO_BILL
        before, self._text = self._text, bytearray()
        for number, document in enumerate(self._documents()):
            if document:
                place = (number + 1) * _ROW.size - 4
                (text,) = struct.unpack_from("<I", self._rows, place)
                struct.pack_into("<I", self._rows, place, len(self._text))
                self._text += before[text : text + 1 + before[text]]

    def _has(self, number: int) -> bool:
        place = number * _ROW.size
        return place < len(self._rows) and self._rows[place : place + 4] != _NO_BILL[:4]

    def _documents(self) -> Iterator[int]:
        # A copy: rows are written while they are gone through.
        return iter(memoryview(bytes(self._rows)).cast("I")[::_WORDS])
