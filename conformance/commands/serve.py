"""``aldis serve``: runs the simulator until it is stopped."""

from __future__ import annotations

import logging
import signal
import sys
import tempfile
import threading
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import rich_click as click

from conformance.commands import options
from conformance.commands.group import HARNESS_FAILED, fail
from simulator.domain.clock import RIGA, Clock
from simulator.domain.model import Environment

if TYPE_CHECKING:
    from simulator.http.file_server import Ftps
    from simulator.http.server import Server
    from simulator.http.simulation import Simulation
    from simulator.security.authenticator import Security
    from simulator.world.model import World

_TICK = 5.0  # wall seconds between two readings of the machine's clock


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 picks a free one."
)
@options.data("Folder that keeps everything. Default: a temporary one.")
@click.option("--database", metavar="URL", help="Database instead of a folder, as an SQLAlchemy URL.")
@click.option(
    "--security",
    type=click.Choice(["off", "username", "certificate"]),
    default="off",
    show_default=True,
    help="How callers are known: not at all, or by a token that the STS gives for a user name or a certificate.",
)
@click.option(
    "--keys",
    type=options.FOLDER,
    help="Folder of keys, certificates and passwords, made where missing. Default: keys in --data.",
)
@click.option(
    "--security-settings",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="TOML file with what differs from the bundled security settings (docs/reference/security.md).",
)
@click.option(
    "--ftps-port",
    type=click.IntRange(0, 65535),
    help="Also serve the mailboxes by FTPS on this port of 127.0.0.1; 0 picks a free one. Default: not served.",
)
@click.option(
    "--ftps-settings",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="TOML file with what differs from the bundled FTPS settings (docs/reference/ftps.md).",
)
@click.option(
    "--environment",
    type=click.Choice([environment.value for environment in Environment]),
    default=Environment.TEST.value,
    show_default=True,
    help="Which of DIT's environments this is; it decides on rights and the monthly quota (docs/reference/rights.md).",
)
@click.option(
    "--enforce-duties",
    is_flag=True,
    help="Refuse a client that polls within 5 minutes, lists again before it has read its list, or keeps what it read.",
)
@click.option(
    "--validate-on-send",
    type=click.Choice(["on", "off"]),
    default="on",
    show_default=True,
    help="Whether a message has to be valid by its channel version's schema; what DIT does is not known.",
)
@click.option("--world", default="town", show_default=True, help="World file, or the name of a bundled one.")
@options.profile()
@click.option(
    "--clock",
    default=None,
    metavar="ISO|real",
    help="Simulated date and time to start at, or real. Default: when the world starts.",
)
def command(
    host: str,
    port: int,
    data: Path | None,
    database: str | None,
    security: str,
    keys: Path | None,
    security_settings: Path | None,
    ftps_port: int | None,
    ftps_settings: Path | None,
    environment: str,
    enforce_duties: bool,
    validate_on_send: str,
    world: str,
    profile: str,
    clock: str | None,
) -> None:
    """Run the simulator of DIT and ALDIS until it is stopped.

    Prints one line "ready URL" when it accepts calls. Simulated time stands still until POST /admin/clock moves it
    (or runs with the machine's, --clock real).
    """
    if data is not None and database is not None:
        fail("--data and --database exclude each other: give one place for the data")
    from simulator.dit.rights import Options
    from simulator.documents.profile import load_profile
    from simulator.world.file import load_world

    chosen_world = load_world(world)
    chosen_profile = load_profile(profile)
    start = _clock(clock, chosen_world)
    from simulator.http.server import Server
    from simulator.http.simulation import Simulation, SimulationFailed

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    with ExitStack() as stack:
        place = data
        if data is None and database is None:
            place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aldis-")))
        try:
            simulation = Simulation.open(
                world=chosen_world,
                profile=chosen_profile,
                clock=start,
                directory=place,
                url=database,
                options=Options(
                    environment=Environment(environment),
                    enforce_duties=enforce_duties,
                    validate_on_send=validate_on_send == "on",
                ),
            )
        except SimulationFailed as reason:
            fail(str(reason), HARNESS_FAILED)
        stack.callback(simulation.close)
        secured = ftps = None
        if security != "off":
            secured = _security(_keys(keys, place, "--security"), security_settings, security, _names(host))
        if ftps_port is not None:
            keyring = secured or _security(_keys(keys, place, "--ftps-port"), security_settings)
            ftps = _ftps(ftps_port, keyring, ftps_settings)
        _serve(Server(simulation, host=host, port=port, security=secured, ftps=ftps), simulation)


def _security(keys: Path, settings: Path | None, known_by: str = "username", names: tuple[str, ...] = ()) -> Security:
    from simulator.security.authenticator import Security
    from simulator.security.settings import load_settings

    return Security(keys, load_settings(settings), known_by, names)


def _ftps(port: int, keyring: Security, settings: Path | None) -> Ftps:
    from simulator.ftps.settings import load_ftps_settings
    from simulator.http.file_server import Ftps

    return Ftps(port, keyring, load_ftps_settings(settings))


def _keys(keys: Path | None, place: Path | None, option: str) -> Path:
    if keys is not None:
        return keys
    if place is None:
        fail(f"{option} needs a folder for its keys where --database takes the place of --data: give one with --keys")
    return place / "keys"


def _names(host: str) -> tuple[str, ...]:
    """Return the names for the server's certificate; an address that stands for all of them is not one."""
    return () if host in ("0.0.0.0", "::") else (host,)  # noqa: S104 - compared, not bound


def _serve(server: Server, simulation: Simulation) -> None:
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.start()
    if server.ftps_address is not None:
        click.echo(f"FTPS: {server.ftps_address}", err=True)
    if server.keys is not None:
        click.echo(f"keys, certificates and passwords: {server.keys}", err=True)
    click.echo(f"ready {server.base_url}")
    sys.stdout.flush()
    try:
        while not stopped.wait(_TICK if simulation.clock.is_real else None):
            _catch_up(simulation)
    finally:
        server.stop()


def _catch_up(simulation: Simulation) -> None:
    """Apply what is due by the machine's clock; a failure is logged, and what is due is tried again next time."""
    from simulator.http.simulation import SimulationFailed

    try:
        simulation.catch_up()
    except SimulationFailed as reason:
        logging.getLogger(__name__).error("%s", reason)  # noqa: TRY400 - a sentence for a person, no traceback


def _clock(text: str | None, world: World) -> Clock:
    if text == "real":
        return Clock.real()
    if text is None:
        return Clock.frozen(datetime(world.start.year, world.start.month, world.start.day, 8, tzinfo=RIGA))
    return Clock.frozen(options.moment("--clock", text, ", or real"))
