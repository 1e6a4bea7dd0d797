"""``aldis serve``: the simulator until it is stopped."""

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

import rich_click as click

from conformance.commands.failing import HARNESS_FAILED, WRONG_USE, fail
from simulator.clock import RIGA, Clock, ClockError
from simulator.dit.options import Options
from simulator.documents.access import Environment
from simulator.documents.profile import ProfileError, load_profile
from simulator.file_server import Ftps
from simulator.ftps.settings import load_ftps_settings
from simulator.security.material import MaterialError
from simulator.security.secured import Security
from simulator.security.settings import load_settings
from simulator.server import Server, ServerError
from simulator.setting import SettingError
from simulator.settings import SettingsError
from simulator.simulation import Simulation, SimulationFailed
from simulator.store import StoreError
from simulator.world import World, WorldError, load_world

_TICK = 5.0  # wall seconds between looks at the machine's clock


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 picks a free one."
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that keeps everything. Default: a temporary one.",
)
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
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of keys, certificates and passwords, made where missing. Default: keys in --data.",
)
@click.option(
    "--security-settings",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="TOML file with what differs from the bundled security settings (docs/security.md).",
)
@click.option(
    "--ftps-port",
    type=click.IntRange(0, 65535),
    help="Also serve the mailboxes by FTPS on this port of 127.0.0.1; 0 picks a free one. Default: not served.",
)
@click.option(
    "--ftps-settings",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="TOML file with what differs from the bundled FTPS settings (docs/ftps.md).",
)
@click.option(
    "--environment",
    type=click.Choice([each.value for each in Environment]),
    default=Environment.TEST.value,
    show_default=True,
    help="Which of DIT's environments this is: whose rights are needed, and which monthly quota holds (docs/dit.md).",
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
@click.option(
    "--profile", default="reconstruction", show_default=True, help="Profile file, or the name of a bundled one."
)
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
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    if data is not None and database is not None:
        fail("--data and --database exclude each other: give one place for the data")
    with ExitStack() as stack:
        place = data
        if data is None and database is None:
            place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aldis-")))
        try:
            chosen_world = load_world(world)
            simulation = Simulation.open(
                world=chosen_world,
                profile=load_profile(profile),
                clock=_clock(clock, chosen_world),
                directory=place,
                url=database,
                options=Options(
                    environment=Environment(environment),
                    enforce_duties=enforce_duties,
                    validate_on_send=validate_on_send == "on",
                ),
            )
            stack.callback(simulation.close)
            secured = None
            if security != "off":
                secured = Security(
                    _keys(keys, place, "--security"), load_settings(security_settings), security, _names(host)
                )
            ftps = None
            if ftps_port is not None:
                keyring = secured or Security(_keys(keys, place, "--ftps-port"), load_settings(security_settings))
                ftps = Ftps(ftps_port, keyring, load_ftps_settings(ftps_settings))
            server = Server(simulation, host=host, port=port, security=secured, ftps=ftps)
        except (
            SettingsError,
            MaterialError,
            WorldError,
            ProfileError,
            StoreError,
            SettingError,
            ServerError,
            ClockError,
        ) as reason:
            fail(str(reason), WRONG_USE)
        except SimulationFailed as reason:
            fail(str(reason), HARNESS_FAILED)
        _serve(server, simulation)


def _keys(keys: Path | None, place: Path | None, option: str) -> Path:
    if keys is not None:
        return keys
    if place is None:
        fail(f"{option} needs a folder for its keys where --database takes the place of --data: give one with --keys")
    return place / "keys"


def _names(host: str) -> tuple[str, ...]:
    """Names for the server's certificate: an address that means all of them names none."""
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
            _look_at_the_clock(simulation)
    finally:
        server.stop()


def _look_at_the_clock(simulation: Simulation) -> None:
    try:
        simulation.catch_up()
    except SimulationFailed as reason:
        # The state's duty stays undone and is tried again at the next look; the network goes on serving.
        logging.getLogger(__name__).error("%s", reason)  # noqa: TRY400 - a sentence for a person, no traceback


def _clock(text: str | None, world: World) -> Clock:
    if text == "real":
        return Clock.real()
    if text is None:
        return Clock.frozen(datetime(world.start.year, world.start.month, world.start.day, 8, tzinfo=RIGA))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail(f"--clock takes an ISO 8601 date and time such as 2026-03-02T08:00, or real; found {text!r}")
    return Clock.frozen(moment if moment.tzinfo else moment.replace(tzinfo=RIGA))
