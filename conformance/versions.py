"""Versions of suite and Python, and digests of the suite's files and of the schemas in use, for a dossier."""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path

import conformance
import simulator
from simulator import __version__
from simulator.documents.profile import Profile
from simulator.settings.files import data_root


def versions(profile: Profile) -> dict[str, object]:
    """Return versions and SHA-256 digests for a run with this profile, as JSON.

    A folder's digest is over the names and digests of its files.
    """
    return {
        "suite": __version__,
        "python": platform.python_version(),
        "profile": {"name": profile.name, "sha256": _file_digest(profile.path)},
        "schemas": {
            path.relative_to(data_root("schemas")).as_posix(): _file_digest(path)
            for path in sorted(data_root("schemas").rglob("*"))
            if path.is_file()
        },
        "channels": {name.value: _file_digest(channel.schema_path) for name, channel in profile.channels.items()},
        "conformance": _folder_digest(Path(conformance.__file__).parent),
        "simulator": _folder_digest(Path(simulator.__file__).parent),
    }


def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _folder_digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and "_data" not in path.parts:
            digest.update(f"{path.relative_to(folder).as_posix()} {_file_digest(path)}\n".encode())
    return digest.hexdigest()
