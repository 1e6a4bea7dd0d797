"""The pytest plugin: ``pytest --aldis-retailer FILE`` plays the suite's scenarios in any pytest run.

Without that option it does nothing, and it is quick to import: pytest loads it in every environment that it is
installed in. -k, -x, -n (pytest-xdist) and a user's own tests beside the scenarios work as ever.
"""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, all of the names that ``aldis check`` has for them."""
    group = parser.getgroup("aldis", "conformance of an electricity retailer's system with ALDIS")
    group.addoption("--aldis-retailer", type=Path, metavar="FILE", help="retailer.toml of the system under test")
    group.addoption(
        "--aldis-only", action="append", metavar="ID-OR-TAG", help="only scenarios of this requirement or tag"
    )
    group.addoption("--aldis-profile", metavar="NAME", help="profile, instead of the one in retailer.toml")
    group.addoption("--aldis-seed", type=int, default=1, metavar="N", help="same seed, same people and numbers")
    group.addoption("--aldis-waivers", type=Path, metavar="FILE", help="requirements that may be broken for a while")
    group.addoption(
        "--aldis-report", type=Path, metavar="DIR", help="folder for report.html, report.json, junit.xml, journal/"
    )
    group.addoption("--aldis-lang", choices=("lv", "en"), default="en", help="language of the report")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Set the suite up, when a retailer is named."""
    if config.getoption("aldis_retailer") is None:
        return
    from conformance.pytest_run import set_up  # noqa: PLC0415 - only a run that needs it pays for the import

    set_up(config)
