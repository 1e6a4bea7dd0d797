"""The pytest plugin: ``pytest --aldis-retailer FILE`` runs the suite's scenarios in any pytest run.

Without that option it only adds options. pytest loads it in every environment that it is installed in, so its import is
quick. -k, -x, -n (pytest-xdist) and a user's own tests beside the scenarios work as usual.
"""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; each has the name that it has for ``aldis check``."""
    group = parser.getgroup("aldis", "conformance of an electricity retailer's system with ALDIS")
    group.addoption("--aldis-retailer", type=Path, metavar="FILE", help="retailer.toml of the system under test")
    group.addoption(
        "--aldis-only", action="append", metavar="ID-OR-TAG", help="only scenarios of this requirement or tag"
    )
    group.addoption("--aldis-profile", metavar="NAME", help="profile, instead of the one in retailer.toml")
    group.addoption("--aldis-seed", type=int, default=1, metavar="N", help="same seed, same people and numbers")
    group.addoption("--aldis-cases", type=int, default=0, metavar="N", help="number of random histories; default: none")
    group.addoption("--aldis-months", type=int, default=3, metavar="N", help="length of a random history")
    group.addoption("--aldis-waivers", type=Path, metavar="FILE", help="requirements that may be broken for a while")
    group.addoption(
        "--aldis-report", type=Path, metavar="DIR", help="folder for report.html, report.json, junit.xml, journal/"
    )
    group.addoption("--aldis-lang", choices=("lv", "en"), default="en", help="language of the report")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Set up the suite in a run that names a retailer, and in every worker process of such a run."""
    is_worker = "aldis_config" in getattr(config, "workerinput", {})
    if not is_worker and config.getoption("aldis_retailer") is None:
        return
    from conformance.run.suite import set_up, set_up_worker  # noqa: PLC0415 - only a run of the suite needs it

    (set_up_worker if is_worker else set_up)(config)
