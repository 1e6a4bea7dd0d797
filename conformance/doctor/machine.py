"""The machine: ports, loopback, proxies, room."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import datetime, time
from pathlib import Path

from conformance.doctor.finding import Finding, Health
from simulator.clock import RIGA, Clock
from simulator.documents.profile import load_profile
from simulator.server import Server, ServerError
from simulator.simulation import Simulation, SimulationFailed
from simulator.store import StoreError
from simulator.world_file import load_world

LARGEST_MESSAGE = 500 * 1000 * 1000
"""Bytes of the largest message: VRAA, DIT integration instruction v1.09, section 2.4 (documented)."""
_WSDL = "/dit/v1-2/MessageService?wsdl"
_SECONDS = 30.0  # wall


def port(name: str, number: int, host: str = "127.0.0.1") -> Iterator[Finding]:
    """Whether somebody else listens where the simulator would by default."""
    subject = f"port {number}"
    try:
        with socket.create_server((host, number)):
            pass
    except OSError as reason:
        why = "in use" if reason.errno == errno.EADDRINUSE else f"not to be had: {reason.strerror}"
        yield Finding(subject, Health.CAUTION, f"{host}:{number} ({name}) is {why}; choose another, or 0 for any")
    else:
        yield Finding(subject, Health.OK, f"{host}:{number} ({name}) is free")


def loopback() -> Iterator[Finding]:
    """Whether a simulator that is started here answers: its WSDL is fetched as a client would."""
    try:
        served = _fetched()
    except (ServerError, SimulationFailed, StoreError, OSError) as reason:
        yield Finding("simulator", Health.BROKEN, f"one that was started here could not be reached: {reason}")
        return
    yield Finding("simulator", Health.OK, f"one that was started here answers; its WSDL has {served} bytes")


def _fetched() -> int:
    world = load_world("town")
    simulation = Simulation.open(
        world=world, profile=load_profile(), clock=Clock.frozen(datetime.combine(world.start, time(8), RIGA))
    )
    try:
        server = Server(simulation)
        server.start()
        try:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(server.base_url + _WSDL, timeout=_SECONDS) as reply:
                return len(reply.read())
        finally:
            server.stop()
    finally:
        simulation.close()


def proxies(environment: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Whether a retailer's program that heeds the usual variables would send calls for 127.0.0.1 to a proxy."""
    names = [each for each in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY") if environment.get(each)]
    spared = ",".join(environment.get(each, "") for each in ("no_proxy", "NO_PROXY")).replace(" ", "").split(",")
    if names and not {"127.0.0.1", "*"} & set(spared):
        yield Finding(
            "proxy",
            Health.CAUTION,
            f"{names[0]} is set, and NO_PROXY does not name 127.0.0.1: a retailer's program may look for the simulator "
            "behind that proxy; set NO_PROXY=127.0.0.1,localhost",
        )
    else:
        yield Finding("proxy", Health.OK, "none stands between a program and 127.0.0.1")


def room(folder: Path | None = None) -> Iterator[Finding]:
    """Whether the largest message that DIT takes would fit where temporary files go."""
    place = folder or Path(tempfile.gettempdir())
    try:
        free = shutil.disk_usage(place).free
    except OSError as reason:
        yield Finding("room", Health.BROKEN, f"{place} cannot be used: {reason.strerror}; set TMPDIR to another folder")
        return
    text = f"{free / 1e9:.1f} GB are free in {place}"
    if free < 2 * LARGEST_MESSAGE:
        text += "; the largest message has 0.5 GB and is kept twice while it is received. Make room, or set TMPDIR"
        yield Finding("room", Health.CAUTION, text)
    else:
        yield Finding("room", Health.OK, text)
