"""The store of the models that runs make: a folder, or a bucket of an S3-compatible store.

`open_store` opens either behind one interface, `store.ArtifactStore`. Both keep a model in a local
folder while it is made or read; in a bucket, the record of its files makes it visible.
"""

from mergehub.artifacts.opening import open_store
from mergehub.artifacts.place import S3Place
from mergehub.artifacts.record import Record, StoredFile
from mergehub.artifacts.store import (
    ArtifactStore,
    Damaged,
    NotStored,
    OnBytes,
    Reading,
    StoreFault,
    Superseded,
    Unavailable,
)

__all__ = [
    "ArtifactStore",
    "Damaged",
    "NotStored",
    "OnBytes",
    "Reading",
    "Record",
    "S3Place",
    "StoreFault",
    "StoredFile",
    "Superseded",
    "Unavailable",
    "open_store",
]
