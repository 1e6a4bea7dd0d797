"""Checks an upload before DIT sees it: one document in UTF-8 that arrived whole."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.documents.complaints import Complaint
from simulator.documents.heading import HEAD, document_element
from simulator.documents.model import Basis, Provenance
from simulator.documents.parsing import UTF8_ONLY
from simulator.documents.streaming import well_formed
from simulator.ftps.refusals import FtpCode, refuse

if TYPE_CHECKING:
    from simulator.dit.refusals import Refused
    from simulator.store import Incoming

_REASONS = {"encoding": FtpCode.CHARSET, "dtd": FtpCode.DOCTYPE, "depth": FtpCode.TOO_DEEP}


@dataclass(frozen=True, slots=True)
class Arrived:
    """An upload whose bytes are all there; ``clean`` when TLS said that they are (close_notify)."""

    incoming: Incoming
    clean: bool

    def element(self) -> str:
        """The Clark name of its document element; raises Refused."""
        head = b""
        for piece in self.incoming.pieces():
            head += piece
            if len(head) >= HEAD:
                break
        element, complaint = document_element(head)
        if complaint is not None:
            raise self._wrong(complaint)
        return element

    def check_whole(self) -> None:
        """Raise Refused unless it is one well-formed document, not too deep, in UTF-8."""
        complaint = well_formed(self.incoming.pieces)
        if complaint is not None:
            raise self._wrong(self._not_utf8() or complaint)

    def _not_utf8(self) -> Complaint | None:
        decoder = codecs.getincrementaldecoder("utf-8")()
        line = 1
        for piece in self.incoming.pieces():
            try:
                decoder.decode(piece)
            except UnicodeDecodeError as error:
                line += error.object.count(b"\n", 0, error.start)
                found = f"the byte {error.object[error.start]:#04x}, which is no UTF-8 there"
                return Complaint("encoding", line, "/", found, "UTF-8", UTF8_ONLY)
            line += piece.count(b"\n")
        return None

    def _wrong(self, complaint: Complaint) -> Refused:
        if complaint.code not in _REASONS and not self.clean:
            return broken_off(self.incoming.size, "the connection was closed without TLS's own ending (close_notify)")
        return refuse(
            550,
            _REASONS.get(complaint.code, FtpCode.MALFORMED),
            f"the file is not one XML document in UTF-8: line {complaint.line}: {complaint.found}",
            found=f"Line {complaint.line} of the file: {complaint.found}.",
            expected=f"{complaint.expected}.",
            source=complaint.provenance,
            remedy="write one XML document in UTF-8, without DTD, and send it in binary (TYPE I).",
            complaints=(complaint,),
        )


def broken_off(size: int, why: str) -> Refused:
    """The refusal of an upload of which only ``size`` bytes came."""
    return refuse(
        426,
        FtpCode.INCOMPLETE,
        f"the upload broke off after {size} bytes; nothing was delivered",
        found=f"The upload broke off after {size} bytes: {why}.",
        expected="the whole document, then the end of TLS and of the data connection.",
        source=Provenance(Basis.DOCUMENTED, "RFC 4217, 12.7"),
        remedy="send the file again, whole; nothing of it was delivered.",
    )
