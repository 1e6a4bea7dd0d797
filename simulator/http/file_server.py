"""The FTPS server of the simulator: the mailboxes of the mounted simulation as folders."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.http.provisioning import accounts_for

if TYPE_CHECKING:
    from simulator.ftps.calls import FtpsBackend
    from simulator.ftps.settings import FtpsSettings
    from simulator.http.simulation import Simulation
    from simulator.security.authenticator import Security


class FileServerError(Exception):
    """FTPS cannot listen on its port; says where, why and what to do."""


@dataclass(frozen=True, slots=True)
class Ftps:
    """Options of FTPS: the port (0 picks a free one), the folder of keys and passwords, the settings."""

    port: int
    keys: Security
    settings: FtpsSettings


class FileServer:
    """An FTPS server on loopback; ``simulation`` returns the simulation that is served now.

    Raises MaterialError when the keys cannot be used, FileServerError when the port cannot be used.
    """

    def __init__(self, plan: Ftps, simulation: Callable[[], Simulation]) -> None:
        from simulator.ftps.session import HOST, FtpsServer  # noqa: PLC0415 - costs time that a run without FTPS saves

        self._plan = plan
        self._host = HOST
        self._simulation = simulation
        self._passwords: dict[str, str] = {}
        try:
            self._server = FtpsServer(self._backend, plan.keys.material(()), plan.settings, plan.port)
        except OSError as reason:
            raise FileServerError(_cannot_listen(HOST, plan.port, reason)) from reason

    @property
    def address(self) -> str:
        """Host and port, for example ``127.0.0.1:2121``."""
        return f"{self._host}:{self._server.port}"

    @property
    def keys(self) -> Path:
        """The folder of keys and passwords."""
        return self._plan.keys.folder

    def know(self, simulation: Simulation) -> None:
        """Admit the users of a simulation, by passwords from the folder of keys. Missing passwords are generated."""
        self._passwords = self._plan.keys.material(accounts_for(simulation.world)).passwords

    def start(self) -> None:
        """Accept sessions, on a thread of the server."""
        self._server.start()

    def stop(self) -> None:
        """End all sessions and stop listening."""
        self._server.stop()

    def _backend(self) -> FtpsBackend:
        from simulator.ftps.calls import FtpsBackend  # noqa: PLC0415 - see above

        return FtpsBackend(self._simulation().services, self._passwords, self._plan.settings)


def _cannot_listen(host: str, port: int, reason: OSError) -> str:
    if reason.errno == errno.EADDRINUSE:
        return (
            f"port {port} on {host} is in use by another program; stop that program, choose another port with "
            "--ftps-port, or let --ftps-port 0 pick a free one"
        )
    return f"FTPS cannot listen on {host} port {port}: {reason.strerror or reason}; choose another with --ftps-port"
