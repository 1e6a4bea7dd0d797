"""The data folder of a served simulator, opened for a command that reads what was recorded in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from conformance.commands.group import fail
from simulator.documents.profile import Profile, load_profile
from simulator.journal import Journal, StoredJournal
from simulator.journal.run_metadata import recorded_run
from simulator.store import Store
from simulator.world.model import World


@dataclass(frozen=True, slots=True)
class Recording:
    """A journal with the profile and the world that it was recorded under; a report's journal may lack the world."""

    journal: Journal
    profile: Profile
    world: World | None


@contextmanager
def open_recording(directory: Path, purpose: str) -> Iterator[Recording]:
    """Open the folder of aldis serve --data; ``purpose`` is what the command does with it, for example ``list``.

    Ends the command when no simulator has run there. Raises StoreError, RunMetadataError or SettingsError for a folder
    that cannot be read.
    """
    if not directory.is_dir() or not any(directory.iterdir()):
        fail(f"{directory} is not the data folder of a simulator; give the folder that aldis serve --data wrote to")
    with Store.open(directory) as store:
        with store.reading() as transaction:
            run = recorded_run(transaction)
        if run is None:
            fail(f"{directory}: no simulator has run here yet, so there is nothing to {purpose}")
        yield Recording(StoredJournal(store), load_profile(run.profile), run.world)
