"""An FTPS server for the tests, on the real stack without ALDIS, and a client of Python's ftplib."""

from __future__ import annotations

import ftplib
import io
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from simulator.dit.model import MessageClass, MessageStatus, Payload, Selector, SendRequest
from simulator.dit.rights import Options
from simulator.domain.model import ChannelName
from simulator.ftps.calls import FtpsBackend
from simulator.ftps.session import FtpsServer
from simulator.ftps.settings import FtpsSettings, load_ftps_settings
from simulator.http.provisioning import accounts_for, installation_for
from simulator.journal import Entry, Kind
from simulator.security.keys import Material, open_material
from tests.simulator.soap.setting import BVKB, OTHER, RETAILER, Setting, open_setting

CONTRACT = "/ALDIS_ProviderContract/DSK-v1-0"
DISCOUNT = "/ALDIS_ProviderDiscount/DIK-v1-1"
NATIONAL = "/ALDIS_ProviderDiscount/DIK-v1-0"


class Client(ftplib.FTP_TLS):
    """A client of ftplib with short functions for the tests."""

    def put(self, path: str, data: bytes) -> str:
        return self.storbinary(f"STOR {path}", io.BytesIO(data))

    def get(self, path: str, rest: int | None = None) -> bytes:
        kept = io.BytesIO()
        self.retrbinary(f"RETR {path}", kept.write, rest=rest)
        return kept.getvalue()

    def names(self, path: str) -> list[str]:
        return self.nlst(path)

    def refused(self, call: Any, *arguments: Any) -> str:
        """Return the answer that refuses a call."""
        try:
            answer = call(*arguments)
        except ftplib.Error as error:
            return str(error)
        raise AssertionError(f"not refused: {answer!r}")


@dataclass
class FtpsSetting:
    """The stack, the FTPS server, and the clients that were opened."""

    setting: Setting
    material: Material
    server: FtpsServer
    clients: list[Client] = field(default_factory=list)

    @property
    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.material.authority))

    def connected(self, context: ssl.SSLContext | None = None) -> Client:
        client = Client(context=context or self.context, timeout=30)
        client.connect("127.0.0.1", self.server.port)
        self.clients.append(client)
        return client

    def client(self, user: str = RETAILER) -> Client:
        client = self.connected()
        client.login(user, self.material.passwords[user])
        client.prot_p()
        return client

    # What the simulator knows

    @property
    def journal(self) -> tuple[Entry, ...]:
        return self.setting.journal

    @property
    def calls(self) -> list[Entry]:
        """The journal entries of calls of DIT."""
        return [entry for entry in self.journal if entry.kind is Kind.EXCHANGE]

    @property
    def last(self) -> Entry:
        return self.journal[-1]

    def arrived(self, user: str = BVKB, channel: ChannelName = ChannelName.CONTRACT) -> list[bytes]:
        """Return the unread documents of a mailbox."""
        urn = self.setting.profile.channel(channel).urn
        with self.setting.store.reading() as transaction:
            caller = self.setting.network.caller(transaction, user)
            messages = self.setting.network.list_messages(transaction, caller, Selector(channel=urn))
            return [transaction.blob(message.payload.reference) for message in messages]

    def status(self, message: str, user: str = RETAILER) -> MessageStatus:
        with self.setting.store.reading() as transaction:
            caller = self.setting.network.caller(transaction, user)
            mailbox_message = self.setting.network.look(transaction, caller, message)
        assert mailbox_message is not None
        return mailbox_message.status

    def use_receiver_filter(self) -> None:
        """Let all channel versions use ReceiverFilter, which those of the profile do not."""
        setup = installation_for(self.setting.world, self.setting.profile)
        with self.setting.store.transaction() as transaction:
            versions = tuple(replace(version, use_receiver_filter=True) for version in setup.versions)
            self.setting.network.registry.install(transaction, replace(setup, versions=versions))

    def contract_from(self, user: str = RETAILER) -> str:
        """Send a contract document without FTPS; return its message id."""
        return self._send(user, self.setting.version(), self.setting.contract_document())

    def event_to(self, user: str = RETAILER) -> str:
        """Send an error event about a retailer's contract document without FTPS; return its message id."""
        related = self.contract_from(user)
        authority = next(retailer.authority for retailer in self.setting.world.retailers if retailer.user == user)
        return self._send(
            BVKB,
            self.setting.version(),
            self.setting.error_report(),
            message_class=MessageClass.ERROR,
            related_message=related,
            receivers=(authority,),
            event_name="Kļūda",
        )

    def _send(self, user: str, version: str, data: bytes, **fields: Any) -> str:
        with self.setting.store.transaction() as transaction:
            payload = Payload(transaction.put_blob(data), len(data), "{urn:any}Any")
            caller = self.setting.network.caller(transaction, user)
            return self.setting.network.send(transaction, caller, SendRequest(version, payload, **fields))


_material = cache(open_material)


@contextmanager
def ftps_setting(
    keys: Path,
    *,
    settings: FtpsSettings | None = None,
    message_bytes: int | None = None,
    options: Options | None = None,
) -> Iterator[FtpsSetting]:
    with open_setting(message_bytes=message_bytes) as setting:
        setting.options = options or setting.options
        material = _material(keys, tuple(accounts_for(setting.world)))
        chosen = settings or load_ftps_settings()
        backend = FtpsBackend(setting.services, material.passwords, chosen)
        server = FtpsServer(lambda: backend, material, chosen, 0)
        server.start()
        opened = FtpsSetting(setting, material, server)
        try:
            yield opened
        finally:
            for client in opened.clients:
                client.close()
            server.stop()


def with_values(settings: FtpsSettings, table: str, **values: Any) -> FtpsSettings:
    """Return the settings with other values in one table."""
    part = getattr(settings, table)
    changed = {name: replace(getattr(part, name), value=value) for name, value in values.items()}
    return replace(settings, **{table: replace(part, **changed)})


__all__ = [
    "BVKB",
    "CONTRACT",
    "DISCOUNT",
    "NATIONAL",
    "OTHER",
    "RETAILER",
    "Client",
    "FtpsSetting",
    "ftps_setting",
    "with_values",
]
