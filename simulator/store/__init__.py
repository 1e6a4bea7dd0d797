"""Where the simulator keeps everything: a database and, beside it, the large blobs. One write transaction per call."""

from simulator.store.errors import StorageFull, StoreError
from simulator.store.store import Store
from simulator.store.unit import Unit

__all__ = ["StorageFull", "Store", "StoreError", "Unit"]
