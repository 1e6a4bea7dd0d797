"""Where the simulator keeps everything: a database and, beside it, the large blobs. One write transaction per call."""

from simulator.store.errors import StorageFull, StoreError
from simulator.store.incoming import Incoming, OpenBlob
from simulator.store.store import Store, Transaction

__all__ = ["Incoming", "OpenBlob", "StorageFull", "Store", "StoreError", "Transaction"]
