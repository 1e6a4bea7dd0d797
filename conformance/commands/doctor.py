"""``aldis doctor``: checks this machine and installation, and what the user names, for what the simulator needs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import rich_click as click

from conformance.commands import options
from conformance.commands.group import HARNESS_FAILED, WRONG_USE
from conformance.doctor import Finding, Health

_SIGNS = {Health.OK: "ok", Health.CAUTION: "caution", Health.BROKEN: "BROKEN"}


@click.command("doctor")
@options.retailer("A retailer.toml, whose driver is started once.")
@click.option("--profile", metavar="NAME", help="A profile of yours: its name or file.")
@options.data("A folder for aldis serve --data.", type=click.Path(path_type=Path))
@click.option("--database", metavar="URL", help="A database for aldis serve --database; nothing is made in it.")
@click.option("--key", type=click.Path(path_type=Path), help="The key that is to sign a dossier.")
@options.as_json()
def command(
    retailer: Path | None,
    profile: str | None,
    data: Path | None,
    database: str | None,
    key: Path | None,
    as_json: bool,
) -> None:
    """Check the installation, ports, certificates and database, and what you name by the options.

    Exit code 0: all can be used; 2: something that you named cannot; 3: the installation or machine is not fit.
    """
    from conformance import doctor

    findings = [
        *doctor.interpreter(),
        *doctor.packages(),
        *doctor.services(),
        *doctor.data_files(profile),
        *doctor.tls(),
        *doctor.optional(),
        *doctor.loopback(),
        *doctor.port("aldis serve", 8080),
        *doctor.port("DIT's FTPS", 2121),
        *doctor.proxies(),
        *doctor.room(),
        *(doctor.data_folder(data) if data is not None else ()),
        *(doctor.database(database) if database is not None else ()),
        *(doctor.key(key) if key is not None else ()),
        *(doctor.retailer(retailer) if retailer is not None else ()),
    ]
    if as_json:
        click.echo(json.dumps([_as_json(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        width = max(len(finding.subject) for finding in findings)
        for finding in findings:
            click.echo(f"{_SIGNS[finding.health]:<8} {finding.subject:<{width}}  {finding.text}")
    sys.exit(exit_code(findings))


def exit_code(findings: Iterable[Finding]) -> int:
    """Return the exit code for these findings: 3 when the installation is broken, 2 when only something given is."""
    broken = [finding for finding in findings if finding.health is Health.BROKEN]
    if any(not finding.is_given for finding in broken):
        return HARNESS_FAILED
    return WRONG_USE if broken else 0


def _as_json(finding: Finding) -> dict[str, str]:
    return {"subject": finding.subject, "health": finding.health.value, "text": finding.text}
