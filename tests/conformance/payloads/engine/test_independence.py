"""The engine can be used without the rest of this project."""

from __future__ import annotations

import subprocess
import sys

LIST = """
import importlib, pkgutil, sys
from conformance.payloads import engine
for module in pkgutil.iter_modules(engine.__path__, engine.__name__ + "."):
    importlib.import_module(module.name)
print(*(name for name in sys.modules if name.split(".")[0] in {"conformance", "simulator"}))
"""


def test_importing_every_module_of_the_engine_imports_nothing_else_of_this_project() -> None:
    done = subprocess.run([sys.executable, "-c", LIST], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "conformance.payloads.engine.strategies" in loaded
    assert {name for name in loaded if not name.startswith("conformance.payloads.engine.")} == {
        "conformance",
        "conformance.payloads",
        "conformance.payloads.engine",
    }
