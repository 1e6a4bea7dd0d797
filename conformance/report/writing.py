"""Writes a report's files: whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from simulator.domain.errors import UserError


class ReportError(UserError):
    """A report cannot be written; says where, why and what to do."""

    exit_code = 3


def prepare_folder(folder: Path) -> Path:
    """Make the report's folder if it is not there; raises ReportError when it cannot be made or written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as reason:
        raise _cannot_write(folder, reason) from reason


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old one or the whole new one, never half of it; raises ReportError."""
    unfinished: str | None = None
    try:
        handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).chmod(0o644)  # mkstemp makes it readable by its owner only
        Path(unfinished).replace(path)
    except OSError as reason:
        if unfinished is not None:
            Path(unfinished).unlink(missing_ok=True)
        raise _cannot_write(path, reason) from reason


def _cannot_write(path: Path, reason: OSError) -> ReportError:
    return ReportError(
        f"{path} cannot be written: {reason.strerror or reason}; make room or choose another folder with --report"
    )
