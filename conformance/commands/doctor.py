"""``aldis doctor``: whether this machine and installation have what it takes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import rich_click as click

from conformance.commands.failing import HARNESS_FAILED, WRONG_USE
from conformance.doctor import Finding, Health, given, installation, machine

_SIGNS = {Health.OK: "ok", Health.CAUTION: "caution", Health.BROKEN: "BROKEN"}


@click.command("doctor")
@click.option("--retailer", type=click.Path(path_type=Path), help="A retailer.toml, whose driver is started once.")
@click.option("--profile", metavar="NAME", help="A profile of yours: its name or file.")
@click.option("--data", type=click.Path(path_type=Path), help="A folder for aldis serve --data.")
@click.option("--database", metavar="URL", help="A database for aldis serve --database; nothing is made in it.")
@click.option("--key", type=click.Path(path_type=Path), help="The key that is to sign a dossier.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
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
    findings = [
        *installation.interpreter(),
        *installation.packages(),
        *installation.services(),
        *installation.data_files(profile),
        *installation.tls(),
        *installation.optional(),
        *machine.loopback(),
        *machine.port("aldis serve", 8080),
        *machine.port("DIT's FTPS", 2121),
        *machine.proxies(),
        *machine.room(),
        *(given.data_folder(data) if data is not None else ()),
        *(given.database(database) if database is not None else ()),
        *(given.key(key) if key is not None else ()),
        *(given.retailer(retailer) if retailer is not None else ()),
    ]
    if as_json:
        click.echo(json.dumps([_as_json(each) for each in findings], ensure_ascii=False, indent=2))
    else:
        width = max(len(each.subject) for each in findings)
        for each in findings:
            click.echo(f"{_SIGNS[each.health]:<8} {each.subject:<{width}}  {each.text}")
    sys.exit(exit_code(findings))


def exit_code(findings: Iterable[Finding]) -> int:
    """What the findings come to; a caution is none to stop at."""
    broken = [each for each in findings if each.health is Health.BROKEN]
    if any(not each.is_given for each in broken):
        return HARNESS_FAILED
    return WRONG_USE if broken else 0


def _as_json(finding: Finding) -> dict[str, str]:
    return {"subject": finding.subject, "health": finding.health.value, "text": finding.text}
