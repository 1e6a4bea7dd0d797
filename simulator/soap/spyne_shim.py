"""Workaround that makes Spyne 2.14 importable on Python 3.12 and later.

Spyne contains an old copy of ``six``, whose importer implements only ``find_module``, which Python 3.12 no longer
calls. :func:`install` loads that copy under its own name and adds the three methods of the current protocol to its
importer.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

_SIX = "spyne.util.six"


def _find_spec(importer: Any, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
    return importlib.util.spec_from_loader(name, importer) if name in importer.known_modules else None


def _create_module(importer: Any, spec: ModuleSpec) -> ModuleType:
    module: ModuleType = importer.load_module(spec.name)
    return module


def _exec_module(_importer: Any, _module: ModuleType) -> None:
    """Do nothing: six returns modules that are already loaded."""


def install() -> None:
    """Load Spyne's copy of six so that it works on this interpreter; does nothing the second time."""
    if _SIX in sys.modules:
        return
    package = importlib.util.find_spec("spyne")
    if package is None or package.origin is None:
        raise ImportError(
            "Spyne is not installed; install aldis-conformance with its dependencies (pip install aldis-conformance)"
        )
    path = Path(package.origin).parent / "util" / "six.py"
    spec = importlib.util.spec_from_file_location(_SIX, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"Spyne's copy of six is not at {path}; simulator/soap was written for Spyne 2.14.0")
    module = importlib.util.module_from_spec(spec)
    sys.modules[_SIX] = module
    spec.loader.exec_module(module)
    importer = type(module._importer)  # noqa: SLF001 - the private importer is what has to be fixed
    importer.find_spec = _find_spec
    importer.create_module = _create_module
    importer.exec_module = _exec_module
