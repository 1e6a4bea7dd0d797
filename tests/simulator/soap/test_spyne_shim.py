"""Import and use of Spyne on the interpreter that runs the tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import simulator.soap
from simulator.soap import spyne_shim

PROGRAM = """
import simulator.soap
assert not [name for name in sys.modules if name.startswith("spyne") and name != "spyne.util.six"
            and not name.startswith("spyne.util.six.")], "importing the room must not import Spyne"
from spyne import Application
from spyne.util import six
from spyne.util.six.moves.urllib.parse import quote
assert quote("a b") == "a%20b"
from simulator.soap.dispatching import server
print(len(server().app.interface.method_id_map))
"""


def test_a_fresh_interpreter_imports_spyne_without_an_import_warning() -> None:
    root = Path(simulator.soap.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-W", "error::ImportWarning", "-c", "import sys\n" + PROGRAM],
        capture_output=True,
        text=True,
        cwd=root,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout == "6\n"


def test_doing_it_again_changes_nothing() -> None:
    before = sys.modules["spyne.util.six"]
    spyne_shim.install()
    assert sys.modules["spyne.util.six"] is before


def test_without_spyne_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "spyne.util.six")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ImportError, match="install aldis-conformance"):
        spyne_shim.install()
