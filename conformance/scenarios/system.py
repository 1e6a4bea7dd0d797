"""The system under test: one retailer's system behind its driver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.retailers.config import RetailerConfig
from conformance.retailers.opening import open_driver
from conformance.retailers.protocol import PROTOCOL_VERSION, Answer, Driver, DriverError
from simulator.documents.profile import Profile
from simulator.domain.model import ChannelName
from simulator.security.authenticator import Security
from simulator.security.names import CERTIFICATE, STS, USERNAME
from simulator.world.model import Retailer

Recorder = Callable[[str, dict[str, Any], Callable[[], Answer]], Answer]
"""Records a request and its answer: takes the request's name, its fields and a function that asks."""


class RetailerRefused(Exception):
    """The retailer's system answered a request with an error."""


class Unsupported(Exception):
    """The retailer's driver cannot do what a scenario needs, so the scenario is not tested."""


@dataclass(frozen=True, slots=True)
class FtpsAccess:
    """The retailer's access to DIT's FTPS: passwords from ``keys``, and an address known once it is served."""

    keys: Security
    address: Callable[[], str]

    def credentials(self, user: str) -> dict[str, str]:
        """Return a user's password and the certificate to trust."""
        material = self.keys.material((user,))
        return {"password": material.passwords[user], "ca": str(material.authority)}


class SystemUnderTest:
    """A retailer's system, driven through a driver that is opened on first use and again after it broke.

    ``security`` is the server's; ``ftps`` is given when the retailer is to use FTPS. ``logs`` is the folder for the
    driver's error output. A ``recorder`` writes each request and its answer to the journal of the running scenario.
    """

    def __init__(
        self,
        config: RetailerConfig,
        profile: Profile,
        *,
        base_url: Callable[[], str],
        logs: Path,
        lang: str = "en",
        security: Security | None = None,
        ftps: FtpsAccess | None = None,
    ) -> None:
        self._config = config
        self._profile = profile
        self._base_url = base_url
        self._logs = logs
        self._lang = lang
        self._security = security
        self._ftps = ftps
        self._driver: Driver | None = None
        self._hello: Answer | None = None
        self._earlier_log = ""
        self.name: str | None = None
        self.version: str | None = None
        self.can: frozenset[str] = frozenset()

    @property
    def retailer(self) -> Retailer:
        """The retailer as BVKB lists it."""
        config = self._config
        return Retailer(
            name=config.name,
            registration_number=config.registration_number,
            authority=config.authority,
            user=f"dit-{config.authority}",
            discount_minor=1,
        )

    @property
    def log(self) -> str:
        """Everything that the driver has written to its error output."""
        return self._earlier_log + (self._driver.log if self._driver else "")

    def open(self) -> None:
        """Start the driver if it is not running. Raises DriverNotStarted."""
        if self._driver is None:
            self._driver = open_driver(self._config, self._logs, lang=self._lang)
            self._hello = None

    def begin(self, recorder: Recorder) -> None:
        """Send ``hello`` if the driver is new, and ``reset``. Raises the same as :meth:`ask`, and DriverNotStarted."""
        self.open()
        if self._hello is not None:
            # Sent once, but recorded in every scenario: a journal does not depend on which scenario ran first.
            answer = self._hello
            recorder("hello", self._greeting(), lambda: answer)
        else:
            hello = self.ask(recorder, "hello", **self._greeting())
            name = _text(hello.fields.get("name"))
            if self.name is not None and name != self.name:
                earlier, self.name = self.name, name
                raise DriverError(
                    f"the driver called itself {earlier!r} before and {name!r} now; it must stay the same"
                )
            self.name = name
            self.version = _text(hello.fields.get("version"))
            self.can = frozenset(ability for ability in hello.fields.get("can") or () if isinstance(ability, str))
            self._hello = hello
        if self._ftps is not None and "ftps" not in self.can:
            raise Unsupported('transport is "ftps", and the driver does not say that it can do ftps')
        self.ask(recorder, "reset")

    def ask(self, recorder: Recorder, do: str, **fields: Any) -> Answer:
        """Send a request of the driver protocol and return the answer.

        Raises DriverError when the driver breaks the protocol, RetailerRefused when it answers with an error,
        Unsupported when it answers that it does not support the request.
        """
        driver = self._driver
        if driver is None:
            raise DriverError("the driver ended before it was asked")
        try:
            answer = recorder(do, fields, lambda: driver.ask(do, **fields))
        except DriverError:
            self.close()
            raise
        if answer.unsupported:
            raise Unsupported(f"the driver does not support {do!r}")
        if not answer.ok:
            raise RetailerRefused(f"the retailer answered {do!r} with an error: {answer.error}")
        return answer

    def close(self) -> None:
        """Close the driver; it is opened again when it is next needed."""
        if self._driver is not None:
            self._driver.close()
            self._earlier_log += self._driver.log
            self._driver = None

    def _greeting(self) -> dict[str, Any]:
        retailer, base = self.retailer, self._base_url()
        minor = {ChannelName.DISCOUNT: retailer.discount_minor}
        channels = {name: self._profile.channel(name) for name in ChannelName}
        return {
            "protocol": PROTOCOL_VERSION,
            "endpoints": _endpoints(base, self._security)
            | ({"ftps": self._ftps.address()} if self._ftps is not None else {}),
            "security": self._config.security,
            "credentials": _credentials(retailer.user, self._security)
            | (self._ftps.credentials(retailer.user) if self._ftps is not None else {}),
            "authority": retailer.authority,
            "provider": {"name": retailer.name, "registration_number": retailer.registration_number},
            "channels": {name.value: channel.version_urn(minor.get(name, 0)) for name, channel in channels.items()},
            "schemas": {name.value: str(channel.schema_path) for name, channel in channels.items()},
            "profile": str(self._profile.path),
        }


def _endpoints(base: str, security: Security | None) -> dict[str, str | None]:
    service = f"{base}/dit/v1-2/MessageService"
    if security is None:
        return {
            "message_service": f"{service}/plain",
            "message_service_soap11": f"{service}/plain11",
            "message_service_wsdl": f"{service}?wsdl",
            "configuration_service": f"{base}/dit/v1-3/ConfigurationService/plain",
            "sts": None,
            "ftps": None,
        }
    binding = CERTIFICATE if security.credential == "certificate" else USERNAME
    return {
        "message_service": f"{service}/ws2007FederationNoSct",
        "message_service_mtom": f"{service}/ws2007FederationNoSctMtom",
        "message_service_wsdl": f"{service}?wsdl",
        "configuration_service": f"{base}/dit/v1-3/ConfigurationService/ws2007FederationNoSct",
        "sts": f"{base}{STS}/trust/13/{binding}",
        "ftps": None,
    }


def _credentials(user: str, security: Security | None) -> dict[str, str]:
    if security is None:
        return {"user": user, "password": ""}
    material = security.material((user,))
    if security.credential == "certificate":
        own = security.folder / "clients" / user
        shown = {"certificate": f"{own}.pem", "key": f"{own}.key"}
    else:
        shown = {"password": material.passwords[user]}
    return {"user": user, **shown, "ca": str(material.authority)}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
