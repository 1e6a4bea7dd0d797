"""The system under test as the scenarios see it: one retailer behind its driver, asked and recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.retailers.config import RetailerConfig
from conformance.retailers.opening import open_driver
from conformance.retailers.protocol import PROTOCOL_VERSION, Answer, Driver, DriverError
from simulator.documents.model import ChannelName
from simulator.documents.profile import Profile
from simulator.security.policies import CERTIFICATE, STS, USERNAME
from simulator.security.secured import Security
from simulator.world import Retailer

Recorder = Callable[[str, dict[str, Any], Callable[[], Answer]], Answer]


class RetailerRefused(Exception):
    """The retailer answered a request with an error; the retailer's fault."""


class Unsupported(Exception):
    """The retailer's driver cannot do what a scenario needs; the scenario is then not tested."""


@dataclass(frozen=True, slots=True)
class Folders:
    """DIT's FTPS as the retailer is told of it: whose keys and passwords, and its address once it is served."""

    keys: Security
    address: Callable[[], str]

    def credentials(self, user: str) -> dict[str, str]:
        """What a user logs in with, and whom to trust."""
        material = self.keys.material((user,))
        return {"password": material.passwords[user], "ca": str(material.authority)}


class Subject:
    """A retailer's driver, opened when first needed and again after it broke.

    ``recorder`` is how a scenario puts each request and its answer into its journal; ``security`` is the server's,
    ``folders`` its FTPS, when the retailer is to go by that.
    """

    def __init__(
        self,
        config: RetailerConfig,
        profile: Profile,
        base_url: Callable[[], str],
        logs: Path,
        lang: str = "en",
        security: Security | None = None,
        folders: Folders | None = None,
    ) -> None:
        self._config = config
        self._profile = profile
        self._base_url = base_url
        self._logs = logs
        self._lang = lang
        self._security = security
        self._folders = folders
        self._driver: Driver | None = None
        self._greeted: Answer | None = None
        self._earlier_log = ""
        self.name: str | None = None
        self.version: str | None = None
        self.can: frozenset[str] = frozenset()

    @property
    def retailer(self) -> Retailer:
        """The retailer as BVKB has it on its list."""
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
        """All that the driver has written to its error stream."""
        return self._earlier_log + (self._driver.log if self._driver else "")

    def open(self) -> None:
        """Start the driver; raises DriverNotStarted when that cannot be done."""
        if self._driver is None:
            self._driver = open_driver(self._config, self._logs, lang=self._lang)
            self._greeted = None

    def begin(self, recorder: Recorder) -> None:
        """Greet the retailer if that was not done yet, and have it forget everything."""
        self.open()
        if self._greeted is not None:
            # Asked once, told in each scenario's journal: so that it is the same whichever scenario came first.
            said = self._greeted
            recorder("hello", self._greeting(), lambda: said)
        else:
            hello = self.ask(recorder, "hello", **self._greeting())
            name = _text(hello.fields.get("name"))
            if self.name is not None and name != self.name:
                before, self.name = self.name, name
                raise DriverError(f"the driver called itself {before!r} before and {name!r} now; it must stay the same")
            self.name = name
            self.version = _text(hello.fields.get("version"))
            self.can = frozenset(each for each in hello.fields.get("can") or () if isinstance(each, str))
            self._greeted = hello
        if self._folders is not None and "ftps" not in self.can:
            raise Unsupported('transport is "ftps", and the driver does not say that it can do ftps')
        self.ask(recorder, "reset")

    def ask(self, recorder: Recorder, do: str, **fields: Any) -> Answer:
        """Ask the retailer to do something.

        Raises DriverError when the protocol was broken, RetailerRefused when it answered with an error, Unsupported
        when it said that it cannot do this.
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
        """Let the driver go; it is opened anew when it is needed again."""
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
            | ({"ftps": self._folders.address()} if self._folders is not None else {}),
            "security": self._config.security,
            "credentials": _credentials(retailer.user, self._security)
            | (self._folders.credentials(retailer.user) if self._folders is not None else {}),
            "authority": retailer.authority,
            "provider": {"name": retailer.name, "registration_number": retailer.registration_number},
            "channels": {name.value: each.version_urn(minor.get(name, 0)) for name, each in channels.items()},
            "schemas": {name.value: str(each.schema_path) for name, each in channels.items()},
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
    way = CERTIFICATE if security.credential == "certificate" else USERNAME
    return {
        "message_service": f"{service}/ws2007FederationNoSct",
        "message_service_mtom": f"{service}/ws2007FederationNoSctMtom",
        "message_service_wsdl": f"{service}?wsdl",
        "configuration_service": f"{base}/dit/v1-3/ConfigurationService/ws2007FederationNoSct",
        "sts": f"{base}{STS}/trust/13/{way}",
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
