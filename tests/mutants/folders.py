"""Retailers that go by FTPS and get folders, files or TLS wrong."""

from __future__ import annotations

import ftplib
from collections.abc import Sequence
from urllib.parse import urlsplit

from conformance.retailers.reference.driver import Driver
from conformance.retailers.reference.exchange import Exchange
from conformance.retailers.reference.folders import FoldersClient
from conformance.retailers.reference.transfers import Fetching


class _Baltic(FoldersClient):
    def put(self, path: str, payload: bytes) -> None:
        text = payload.decode("utf-8").replace("UTF-8", "windows-1257").replace("utf-8", "windows-1257")
        super().put(path, text.encode("cp1257", "xmlcharrefreplace"))


class _LooksTwice(FoldersClient):
    def list_messages(self, version: str, *, read: bool = False) -> tuple[str, ...]:
        super().list_messages(version, read=read)
        return super().list_messages(version, read=read)


class _Keeps(FoldersClient):
    def delete(self, message_id: str) -> None:
        del message_id


class _ClearFirst(FoldersClient):
    def open(self) -> ftplib.FTP_TLS:
        parts = urlsplit(self._address)
        with ftplib.FTP() as clear:
            clear.connect(str(parts.hostname), int(parts.port or 0))
            try:
                clear.login(self._user, self._password)
            except ftplib.error_perm:
                return super().open()
        raise AssertionError("DIT took a password without TLS")


class _Numbers(FoldersClient):
    def place_of_reply(self, version: str, related: str) -> str:
        del related
        self._written += 1
        return f"{self.folder(version)}/WriteEvent/WriteEventError/{self._written}.xml"


class _First(Fetching):
    def to_read(self, listed: Sequence[str]) -> Sequence[str]:
        return listed[:1]


def _with(fault: str, client: type[FoldersClient]) -> type[Driver]:
    return type("FaultyRetailer", (Driver,), {"__doc__": fault, "folders_type": client})


OtherEncoding = _with("Files are written in windows-1257.", _Baltic)
LooksTwice = _with("Each folder is listed twice in a row.", _LooksTwice)
KeepsFiles = _with("Files that were read are never deleted.", _Keeps)
ClearFirst = _with("User name and password are tried without TLS first.", _ClearFirst)
NumberedReplies = _with("Replies are numbered, so that nobody knows what they are about.", _Numbers)


class FirstFileOnly(Driver):
    """Only the first file of a listing is read."""

    exchange_type = type("FaultyExchange", (Exchange,), {"fetching_type": _First})
