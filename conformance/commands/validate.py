"""``aldis validate``: is this document what the schema and the business rules ask for?"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import rich_click as click

from conformance.commands.failing import SOMETHING_WRONG, WRONG_USE, fail
from simulator.documents.complaints import Complaint
from simulator.documents.profile import Profile, ProfileError, load_profile
from simulator.documents.validation import validate

_WORDS = {
    "en": {"valid": "valid", "invalid": "INVALID", "line": "line", "expected": "expected", "source": "source"},
    "lv": {"valid": "derīgs", "invalid": "NEDERĪGS", "line": "rinda", "expected": "sagaidāms", "source": "avots"},
}


@click.command("validate")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--profile", default="reconstruction", show_default=True, help="Profile file, or the name of a bundled one."
)
@click.option(
    "--lang",
    type=click.Choice(["lv", "en"]),
    default="en",
    show_default=True,
    help="Language of the frame; findings are in English.",
)
@click.option("--json", "as_json", is_flag=True, help="Print findings as JSON.")
def command(files: tuple[Path, ...], profile: str, lang: str, as_json: bool) -> None:
    """Check documents against schema and business rules.

    Exit code 0 when all are valid, 1 when one is not, 2 when a file cannot be read.
    """
    try:
        chosen = load_profile(profile)
    except ProfileError as reason:
        fail(str(reason))
    unreadable, results = [], []
    for file in files:
        try:
            results.append((file, validate(file.read_bytes(), chosen)))
        except OSError as reason:
            unreadable.append(f"{file}: cannot be read: {reason.strerror}")
    if as_json:
        click.echo(json.dumps(_as_json(results, chosen), ensure_ascii=False, indent=2))
    else:
        for file, complaints in results:
            _print(file, complaints, _WORDS[lang])
    for sentence in unreadable:
        click.echo(f"aldis: {sentence}", err=True)
    if unreadable:
        sys.exit(WRONG_USE)
    sys.exit(SOMETHING_WRONG if any(complaints for _, complaints in results) else 0)


def _print(file: Path, complaints: tuple[Complaint, ...], words: dict[str, str]) -> None:
    click.echo(f"{file}: {words['invalid'] if complaints else words['valid']}")
    for each in complaints:
        place = f"{words['line']} {each.line}, {each.path}" if each.line else each.path
        click.echo(f"  {place}\n    {each.code}: {each.found}")
        click.echo(f"    {words['expected']}: {each.expected}")
        click.echo(f"    {words['source']}: {each.provenance.source} ({each.provenance.basis})")


def _as_json(results: list[tuple[Path, tuple[Complaint, ...]]], profile: Profile) -> dict[str, object]:
    return {
        "profile": profile.name,
        "files": [
            {
                "file": str(file),
                "valid": not complaints,
                "findings": [
                    {
                        "code": each.code,
                        "line": each.line,
                        "path": each.path,
                        "found": each.found,
                        "expected": each.expected,
                        "basis": each.provenance.basis,
                        "source": each.provenance.source,
                    }
                    for each in complaints
                ],
            }
            for file, complaints in results
        ],
    }
