"""From a retailer.toml to a driver that can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.retailers.command_driver import CommandDriver
from conformance.retailers.config import DriverKind, RetailerConfig
from conformance.retailers.http_driver import HttpDriver
from conformance.retailers.manual_driver import ManualDriver
from conformance.retailers.python_driver import PythonDriver

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.retailers.protocol import Driver

LOG_NAME = "driver.log"


def open_driver(config: RetailerConfig, logs: Path | None = None, *, lang: str = "en") -> Driver:
    """Start the retailer's driver, in the folder of its retailer.toml; the caller closes it.

    ``lang`` is what a manual driver speaks. ``logs`` is a folder in which the driver's error stream is kept as
    ``driver.log``. Raises DriverNotStarted.
    """
    driver = config.driver
    log = logs / LOG_NAME if logs else None
    if driver.kind is DriverKind.COMMAND:
        return CommandDriver(driver.command, directory=config.directory, timeout=driver.timeout, log=log)
    if driver.kind is DriverKind.HTTP:
        assert driver.url is not None  # load_retailer demands it of this kind
        return HttpDriver(driver.url, timeout=driver.timeout)
    if driver.kind is DriverKind.MANUAL:
        return ManualDriver(lang=lang)
    assert driver.object is not None  # load_retailer demands it of this kind
    return PythonDriver(driver.object, directory=config.directory, timeout=driver.timeout, log=log)
