"""Environment of the security tests: DIT with its authenticator, the STS, and a client of both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import Certificate, load_pem_x509_certificate
from werkzeug.test import Client

from simulator.http.provisioning import accounts_for
from simulator.journal import Entry
from simulator.security.authenticator import Secured, Security, secure
from simulator.security.settings import Settings, load_settings
from simulator.soap.application import SERVICE, SoapApplication
from tests.simulator.security.client import Answer, FederatedClient, Token
from tests.simulator.soap.setting import OTHER, RETAILER, Setting, open_setting

SECURED = f"{SERVICE}/ws2007FederationNoSct"
MTOM = f"{SERVICE}/ws2007FederationNoSctMtom"
LIST = (
    '<svc:ReceiveMessageList xmlns:svc="http://ivis.eps.gov.lv/ISS/DITService/v1-0" '
    'xmlns:dit="http://ivis.eps.gov.lv/XMLSchemas/100000/DIT/v1-0"><dit:MessageListRequest>'
    "<dit:ChannelVersionURN>{version}</dit:ChannelVersionURN></dit:MessageListRequest></svc:ReceiveMessageList>"
)


@dataclass
class SecuredSetting:
    """An environment of the SOAP tests with an authenticator and the STS."""

    setting: Setting
    keys: Path
    settings: Settings
    scheme: str = "https"

    @cached_property
    def secured(self) -> Secured:
        security = Security(self.keys, self.settings)
        accounts = accounts_for(self.setting.world)
        return secure(
            security, accounts, clock=self.setting.clock, store=self.setting.store, faults=self.setting.faults
        )

    @cached_property
    def _clients(self) -> dict[bool, Client]:
        services, authenticator = self.setting.services, self.secured.authenticator
        application = SoapApplication(lambda: services, lambda: authenticator)
        return {True: Client(self.secured.sts), False: Client(application)}

    def application(self, environ: Any, start_response: Any) -> Any:
        """Return both services as one WSGI application."""
        client = self._clients[environ["PATH_INFO"].startswith("/STS")]
        return client.application(environ, start_response)

    def post(self, path: str, body: bytes, content_type: str) -> Answer:
        client = self._clients[path.startswith("/STS")]
        got = client.post(path, data=body, content_type=content_type, base_url=f"{self.scheme}://localhost")
        return Answer(got.status_code, got.data)

    def get(self, path: str) -> Answer:
        got = self._clients[path.startswith("/STS")].get(path, base_url=f"{self.scheme}://localhost")
        return Answer(got.status_code, got.data)

    @cached_property
    def client(self) -> FederatedClient:
        """Return a client that uses the simulated clock."""
        return FederatedClient(self.post, self.setting.clock.now)

    def token(self, user: str = RETAILER, **asked: object) -> Token:
        return self.client.token(user, self.password(user), **asked)

    def password(self, user: str = RETAILER) -> str:
        return self.secured.material.passwords[user]

    def certificate(self, user: str = RETAILER) -> tuple[Certificate, RSAPrivateKey]:
        folder = self.secured.material.folder / "clients"
        key = load_pem_private_key((folder / f"{user}.key").read_bytes(), None)
        assert isinstance(key, RSAPrivateKey)
        return load_pem_x509_certificate((folder / f"{user}.pem").read_bytes()), key

    def list(self, token: Token, **wrong: object) -> Answer:
        content = LIST.format(version=self.setting.version())
        return self.client.call(SECURED, "ReceiveMessageList", content, token, **wrong)

    @property
    def last(self) -> Entry:
        return self.setting.journal[-1]


@contextmanager
def secured_setting(keys: Path, settings: Settings | None = None) -> Iterator[SecuredSetting]:
    with open_setting() as opened:
        yield SecuredSetting(opened, keys, settings or load_settings())


__all__ = ["LIST", "MTOM", "OTHER", "RETAILER", "SECURED", "SecuredSetting", "secured_setting"]
