"""Where the data lies: in a checkout beside the packages, in an installed wheel inside them."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def data_root(name: str) -> Path:
    """The folder ``schemas`` or ``fixtures``.

    Raises FileNotFoundError when the installation lacks it.
    """
    for candidate in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"the folder {name}/ is missing from this installation; install aldis-conformance again")
