"""The same seed makes the same choices, whatever else is loaded."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
import hypothesis
from hypothesis import strategies as st
from conformance.run.histories import PROVIDER
drawn = []
@hypothesis.seed(1)
@hypothesis.settings(max_examples=200, backend=PROVIDER, database=None, phases=(hypothesis.Phase.generate,))
@hypothesis.given(st.lists(st.integers(0, 10**9), max_size=5), st.sampled_from("abcdef"))
def draw(numbers, letter):
    drawn.append((numbers, letter))
for name in sys.argv[1:]:
    __import__(name)
draw()
print(drawn)
"""


def _drawn(*modules: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *modules], capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout


def test_choices_do_not_hang_on_what_is_loaded() -> None:
    bare = _drawn()
    assert len(bare) > 1000
    assert bare == _drawn("conformance.run.exploration", "conformance.rules", "simulator.http.simulation")
