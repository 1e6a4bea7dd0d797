"""The testbed: the simulator's server and the retailer's driver of one process."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Self

from conformance.run.configuration import SuiteConfig
from conformance.scenarios.environment import Environment
from conformance.scenarios.population import Population
from conformance.scenarios.system import FtpsAccess, SystemUnderTest
from simulator.ftps.settings import load_ftps_settings
from simulator.http.file_server import Ftps
from simulator.http.server import Server
from simulator.security.authenticator import Security
from simulator.security.settings import load_settings


class Testbed:
    """The server and driver that scenarios run on. Both start when first used, or with :meth:`open`."""

    __test__ = False  # pytest: not a class of tests

    def __init__(self, config: SuiteConfig) -> None:
        self._config = config
        self._stack = ExitStack()
        work = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="aldis-")))
        retailer = config.retailer
        self.keys = retailer.keys or work / "keys"
        self._security = None if retailer.security == "off" else Security(self.keys, load_settings(), retailer.security)
        self._ftps = (
            Ftps(0, self._security or Security(self.keys, load_settings()), load_ftps_settings())
            if retailer.transport == "ftps"
            else None
        )
        self.system = SystemUnderTest(
            retailer,
            config.profile,
            base_url=lambda: self.server.base_url,
            logs=work,
            lang=config.lang,
            security=self._security,
            ftps=FtpsAccess(self._ftps.keys, lambda: f"ftps://{self.server.ftps_address}") if self._ftps else None,
        )

    @cached_property
    def server(self) -> Server:
        """The server, started on first use. Raises ServerError."""
        server = Server(security=self._security, ftps=self._ftps)
        server.start()
        self._stack.callback(server.stop)
        return server

    def open(self) -> None:
        """Start server and driver now. Raises ServerError and DriverNotStarted."""
        _ = self.server
        self.system.open()

    def environment(self, title: str) -> Environment:
        """Return a fresh environment for a scenario; its people follow from the run's seed and the scenario's title."""
        return Environment(
            name=title,
            population=Population(seed=f"{self._config.seed} {title}", retailer=self.system.retailer),
            system=self.system,
            server=lambda: self.server,
            profile=self._config.profile,
            seed=self._config.seed,
        )

    def close(self) -> None:
        """End the driver and the server, and remove their files."""
        self.system.close()
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
