"""Commands about folders: where the caller is, and what there is."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable
from dataclasses import replace

from pyftpdlib.handlers.ftp.producers import BufferedIteratorProducer

from simulator.ftps import listing
from simulator.ftps.control import Control
from simulator.ftps.layout import MAIL
from simulator.ftps.listing import Row
from simulator.ftps.refusals import FtpCode, refuse


class FolderCommands(Control):
    """Looking around; to list a folder of messages is a call of DIT's."""

    def ftp_PWD(self, _line: str) -> None:  # noqa: N802
        """Tell the folder."""
        self.respond(f'257 "{self._cwd}" is the current folder')

    def ftp_CWD(self, path: str) -> None:  # noqa: N802
        """Go into a folder."""
        place = self._reading.place(self.username, self._cwd, path)
        if place.file is not None:
            raise refuse(550, FtpCode.UNKNOWN_PATH, f"{place.path} is no folder")
        self._cwd = place.path
        self.respond(f'250 "{self._cwd}" is the current folder')

    def ftp_CDUP(self, _line: str) -> None:  # noqa: N802
        """Go to the folder above."""
        self.ftp_CWD("..")

    def ftp_LIST(self, path: str) -> None:  # noqa: N802
        """Show a folder as ls -l does."""
        self._list(path, listing.long_lines)

    def ftp_NLST(self, path: str) -> None:  # noqa: N802
        """Show the names in a folder."""
        self._list(path, listing.names)

    def ftp_MLSD(self, path: str) -> None:  # noqa: N802
        """Show the facts of what is in a folder."""
        self._list(path, listing.facts)

    def ftp_MLST(self, path: str) -> None:  # noqa: N802
        """Show the facts of one file or folder."""
        place = self._reading.place(self.username, self._cwd, path)
        row = self._reading.row(self.username, place)
        self.push(f"250-Listing\r\n {listing.fact(replace(row, name=place.path))}\r\n")
        self.respond("250 End")

    def ftp_SIZE(self, path: str) -> None:  # noqa: N802
        """Tell the bytes of a file."""
        self.respond(f"213 {self._file(path).size}")

    def ftp_MDTM(self, path: str) -> None:  # noqa: N802
        """Tell when a message was delivered."""
        self.respond(f"213 {listing.stamp(self._file(path).at)}")

    def ftp_STAT(self, path: str) -> None:  # noqa: N802
        """Tell how the session stands."""
        if path:
            raise refuse(504, FtpCode.NOT_OFFERED, "STAT takes no path here; send LIST")
        super().ftp_STAT("")

    def _file(self, path: str) -> Row:
        place = self._reading.place(self.username, self._cwd, path)
        row = self._reading.row(self.username, place)
        if row.size is None:
            raise refuse(550, FtpCode.UNKNOWN_PATH, f"{place.path} is a folder")
        return row

    def _list(self, path: str, written: Callable[[Iterable[Row]], bytes]) -> None:
        self._need_data_connection()
        while path.startswith("-"):  # options of ls, which clients send out of habit
            path = path.partition(" ")[2].lstrip()
        folder, _, last = path.rpartition("/")
        pattern = last if any(each in last for each in "*?[") else None
        if pattern is not None:
            path = folder or ("/" if path.startswith("/") else "")
        place = self._reading.place(self.username, self._cwd, path)
        verb = self._command.verb if self._command is not None else "LIST"
        if place.file is not None:
            rows = [self._reading.row(self.username, place)]
        elif place.folder in MAIL and self._command is not None:
            answer, rows = self._reading.mail(replace(self._command, path=place.path), place)
            self._command = None
            if not answer.ok or answer.lost:
                self._answer(answer)
                return
        else:
            rows = self._reading.rows(self.username, place)
        chosen = [row for row in rows if pattern is None or fnmatch.fnmatchcase(row.name, pattern)]
        self.push_dtp_data(BufferedIteratorProducer(iter([written(chosen)])), isproducer=True, cmd=verb)
