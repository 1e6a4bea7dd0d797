"""The network's configuration as calls see it: authorities, users, channels, versions and rights."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.dit import configuration
from simulator.dit.directory import Directory
from simulator.dit.xslt import check_stylesheet

if TYPE_CHECKING:
    from simulator.dit.configuration import Configuration
    from simulator.dit.rights import Grant
    from simulator.store import Transaction

_KNOWN = "dit_directory"


class Registry:
    """Reads and changes the configuration in the store. Safe to share between threads.

    The directory that was read last is kept in memory until the configuration's revision changes. ``stylesheets`` is
    the folder below which transformations are named (``schemas/``).
    """

    def __init__(self, stylesheets: Path) -> None:
        self._stylesheets = stylesheets
        self._last: tuple[str | None, Directory] = (None, Directory())
        self._lock = threading.Lock()

    def install(self, transaction: Transaction, wanted: Configuration) -> None:
        """Set up the network. Doing it again changes nothing; doing it with changes takes them over.

        Raises ConfigurationError or StylesheetError when the configuration contradicts itself.
        """
        configuration.check(wanted)
        for version in wanted.versions:
            if version.transformation is not None:
                check_stylesheet(self._stylesheets, version.transformation.stylesheet)
        configuration.install(transaction, wanted)
        transaction.known.pop(_KNOWN, None)

    def grant(self, transaction: Transaction, grants: Iterable[Grant], *, overwrite: bool = True) -> None:
        """Open or close rights of users; without ``overwrite`` only those of which nothing is known yet."""
        configuration.put_grants(transaction, grants, overwrite=overwrite)
        transaction.known.pop(_KNOWN, None)

    def directory(self, transaction: Transaction) -> Directory:
        """Return who has a mailbox, which channels and versions there are, and who may use them."""
        known = transaction.known.get(_KNOWN)
        if isinstance(known, Directory):
            return known
        revision = configuration.revision(transaction)
        with self._lock:
            last_revision, directory = self._last
        if revision is None or revision != last_revision:
            directory = configuration.read(transaction)
            with self._lock:
                self._last = (revision, directory)
        transaction.known[_KNOWN] = directory
        return directory
