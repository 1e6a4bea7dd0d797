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
            each.relative_to(data_root("schemas")).as_posix(): _of_file(each)
            for each in sorted(data_root("schemas").rglob("*"))
            if each.is_file()
        },
        "channels": {name.value: _of_file(each.schema_path) for name, each in profile.channels.items()},
        "conformance": _of_folder(Path(conformance.__file__).parent),
        "simulator": _of_folder(Path(simulator.__file__).parent),
    }


def _of_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _of_folder(folder: Path) -> str:
    digest = hashlib.sha256()
    for each in sorted(folder.rglob("*")):
        if each.is_file() and "__pycache__" not in each.parts and "_data" not in each.parts:
            digest.update(f"{each.relative_to(folder).as_posix()} {_of_file(each)}\n".encode())
    return digest.hexdigest()
