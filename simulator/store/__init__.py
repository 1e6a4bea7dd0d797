"""The store of the simulator: a database and, beside it, files of large blobs. Each call is one write transaction."""

from simulator.store.errors import StorageFull, StoreError
from simulator.store.incoming import Incoming, OpenBlob
from simulator.store.store import Store, Transaction

__all__ = ["Incoming", "OpenBlob", "StorageFull", "Store", "StoreError", "Transaction"]
