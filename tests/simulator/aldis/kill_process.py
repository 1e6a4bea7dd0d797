"""Takes in BVKB's mail and kills itself, as kill -9 would, around a commit. Run by test_authority.py.

Arguments: the store's directory, the number of the commit (from 1), and ``before`` or ``after``.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from simulator.store import Store, Transaction
from tests.simulator.aldis.country import Country
from tests.simulator.aldis.people import ANNA, poor, world


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Wake ALDIS; the process is killed before it has finished."""
    directory, number, moment = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    country = Country(world(poor(ANNA), start=date(2026, 3, 1)), directory)
    original, commits = Store.transaction, 0

    @contextmanager
    def deadly(self: Store) -> Iterator[Transaction]:
        nonlocal commits
        with original(self) as transaction:
            commits += 1
            if commits == number and moment == "after":
                transaction.after_commit(_die)
            yield transaction
            if commits == number and moment == "before":
                _die()

    Store.transaction = deadly  # type: ignore[method-assign]
    country.aldis.wake()


if __name__ == "__main__":
    main()
