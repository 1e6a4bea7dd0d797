"""FTPS client of DIT: explicit TLS, passive mode, a file for each message.

In a retailer's system this is the other adapter to DIT. It has the methods of the SOAP client, so the rest of the
retailer does not depend on the transport; to restore and to confirm do nothing, because FTPS has no such operation.
Folders: VRAA, DIT integration instruction v1.09, 3.2.2.
"""

from __future__ import annotations

import ftplib
import io
import re
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from conformance.retailers.reference.client import ConnectionLost, Received, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Result = TypeVar("Result")

_TIMEOUT = 30  # wall seconds
_VERSION = re.compile(r":CHA-(?P<channel>.+)-(?P<number>v\d+-\d+)-TYPE-(?P<kind>DIK|DSK)$")
_READ, _READ_ERROR = "Read", "ReadError"


class FoldersClient:
    """The methods of ``DitClient``, by FTPS. Each raises Refused or ConnectionLost; the first one opens the session.

    ``address`` is ``ftps://host:port``, ``trusted`` the path of the certificate (PEM) of the server's authority.
    """

    def __init__(self, address: str, user: str, password: str, trusted: str) -> None:
        self._address = address
        self._user = user
        self._password = password
        self._trusted = trusted
        self._session: ftplib.FTP_TLS | None = None
        self._places: dict[str, str] = {}
        self._written = 0

    def forget(self) -> None:
        """End the session and forget the listed files; there is no token to discard."""
        self.close()
        self._places.clear()

    def close(self) -> None:
        """End the session."""
        session, self._session = self._session, None
        if session is not None:
            with suppress(OSError, EOFError, ftplib.Error):
                session.quit()
            session.close()

    def send(self, version: str, payload: bytes) -> None:
        """Send a business message on a channel version."""
        self._written += 1
        self.put(f"{self.folder(version)}/Write/{self._written}.xml", payload)

    def send_event(self, version: str, payload: bytes, *, name: str, related: str) -> None:
        """Send an error about a message that came on this channel version; ``name`` has no place in FTPS."""
        del name
        self.put(self.place_of_reply(version, related), payload)

    def place_of_reply(self, version: str, related: str) -> str:
        """Return the path of an error about a message: under the name of the message's own file (assumed)."""
        return f"{self.folder(version)}/WriteEvent/WriteEventError/{related}.xml"

    def list_messages(self, version: str, *, read: bool = False) -> tuple[str, ...]:
        """Return the ids of the messages of a channel version that have a file; with ``read``, none."""
        if read:
            return ()
        identifiers: list[str] = []
        for folder in (_READ, _READ_ERROR):
            place = f"{self.folder(version)}/{folder}"
            for name in self._names(place):
                identifier = name.rpartition("/")[2].removesuffix(".xml")
                self._places[identifier] = f"{place}/{identifier}.xml"
                identifiers.append(identifier)
        return tuple(identifiers)

    def receive_message(self, message_id: str) -> tuple[Received, ...]:
        """Fetch one message that was listed; it is marked as read."""
        place = self._place(message_id)
        payload = io.BytesIO()
        self._do(lambda session: session.retrbinary(f"RETR {place}", payload.write))
        return (Received(message_id, payload.getvalue(), is_event=f"/{_READ_ERROR}/" in place),)

    def receive_version(self, version: str) -> tuple[Received, ...]:
        """Fetch all messages of a channel version."""
        return tuple(received for message in self.list_messages(version) for received in self.receive_message(message))

    def restore(self, message_ids: Iterable[str]) -> None:
        """Do nothing: a file stays until it is deleted."""

    def delete(self, message_id: str) -> None:
        """Delete one message's file."""
        place = self._place(message_id)
        self._do(lambda session: session.delete(place))

    def confirm(self, message_id: str) -> None:
        """Do nothing: FTPS has no acknowledgement."""

    def put(self, path: str, payload: bytes) -> None:
        """Write one file."""
        self._do(lambda session: session.storbinary(f"STOR {path}", io.BytesIO(payload)))

    def folder(self, version: str) -> str:
        """Return the folder of a channel version, by its URN."""
        parts = _VERSION.search(version)
        if parts is None:
            raise Refused("", f"{version} is not the URN of a channel version, so its folder is not known")
        return f"/{parts['channel']}/{parts['kind']}-{parts['number']}"

    def open(self) -> ftplib.FTP_TLS:
        """Open a session: TLS for the control connection, login, TLS for data connections."""
        parts = urlsplit(self._address)
        trust = ssl.create_default_context(cafile=self._trusted)
        session = ftplib.FTP_TLS(context=trust, timeout=_TIMEOUT)  # noqa: S321 - TLS before all else
        try:
            session.connect(str(parts.hostname), int(parts.port or 0))
            session.login(self._user, self._password)
            session.prot_p()
        except BaseException:
            session.close()
            raise
        return session

    def _names(self, folder: str) -> list[str]:
        return self._do(lambda session: session.nlst(folder))

    def _place(self, message_id: str) -> str:
        place = self._places.get(message_id)
        if place is None:
            raise Refused("", f"message {message_id} was not listed, so its file is not known")
        return place

    def _do(self, act: Callable[[ftplib.FTP_TLS], Result]) -> Result:
        try:
            if self._session is None:
                self._session = self.open()
            return act(self._session)
        except ftplib.error_perm as refused:
            code, _, text = str(refused).partition(" ")
            raise Refused(code, text) from refused
        except (ftplib.Error, OSError, EOFError) as reason:
            # The state of a session after an error is not known, so the next call opens another.
            self.close()
            raise ConnectionLost(str(reason)) from reason
