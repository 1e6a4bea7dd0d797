"""What exactly was run: versions of suite and Python, and the digests of its files and of the schemas in use."""

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
    """Versions and SHA-256 digests; a folder's digest is over the names and digests of its files."""
    return {
        "suite": __version__,
        "python": platform.python_version(),
        "profile": {"name": profile.name, "sha256": _of_file(profile.path)},
        "schemas": {
            path.relative_to(data_root("schemas")).as_posix(): _of_file(path)
            for path in sorted(data_root("schemas").rglob("*"))
            if path.is_file()
        },
        "channels": {name.value: _of_file(each.schema_path) for name, each in profile.channels.items()},
        "conformance": _of_folder(Path(conformance.__file__).parent),
        "simulator": _of_folder(Path(simulator.__file__).parent),
    }


def _of_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _of_folder(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and "_data" not in path.parts:
            digest.update(f"{path.relative_to(folder).as_posix()} {_of_file(path)}\n".encode())
    return digest.hexdigest()
