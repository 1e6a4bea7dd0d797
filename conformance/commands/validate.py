"""``aldis validate``: checks documents against schema and business rules."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from conformance.commands import options
from conformance.commands.group import SOMETHING_WRONG, WRONG_USE
from simulator.domain.language import Text, _

if TYPE_CHECKING:
    from simulator.documents.parsing import Complaint
    from simulator.documents.profile import Profile


@click.command("validate")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@options.profile()
@options.language("Language of the frame; findings are in English.")
@options.as_json("Print findings as JSON.")
def command(files: tuple[Path, ...], profile: str, lang: str, as_json: bool) -> None:
    """Check documents against schema and business rules.

    Exit code 0 when all are valid, 1 when one is not, 2 when a file cannot be read.
    """
    from simulator.documents.profile import load_profile
    from simulator.documents.validation import validate

    chosen = load_profile(profile)
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
            _print(file, complaints, lang)
    for sentence in unreadable:
        click.echo(f"aldis: {sentence}", err=True)
    if unreadable:
        sys.exit(WRONG_USE)
    sys.exit(SOMETHING_WRONG if any(complaints for _, complaints in results) else 0)


def _print(file: Path, complaints: tuple[Complaint, ...], language: str) -> None:
    def say(text: Text) -> None:
        click.echo(text.in_language(language))

    say(_("{file}: INVALID", file=file) if complaints else _("{file}: valid", file=file))
    for complaint in complaints:
        if complaint.line:
            say(_("  line {line}, {path}", line=complaint.line, path=complaint.path))
        else:
            click.echo(f"  {complaint.path}")
        click.echo(f"    {complaint.code}: {complaint.found}")
        say(_("    expected: {expected}", expected=complaint.expected))
        say(
            _(
                "    source: {source} ({basis})",
                source=complaint.provenance.source,
                basis=complaint.provenance.basis,
            )
        )


def _as_json(results: list[tuple[Path, tuple[Complaint, ...]]], profile: Profile) -> dict[str, object]:
    return {
        "profile": profile.name,
        "files": [
            {
                "file": str(file),
                "valid": not complaints,
                "findings": [
                    {
                        "code": complaint.code,
                        "line": complaint.line,
                        "path": complaint.path,
                        "found": complaint.found,
                        "expected": complaint.expected,
                        "basis": complaint.provenance.basis,
                        "source": complaint.provenance.source,
                    }
                    for complaint in complaints
                ],
            }
            for file, complaints in results
        ],
    }
