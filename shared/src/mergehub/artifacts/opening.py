"""Opens a store."""

from __future__ import annotations

from pathlib import Path

from mergehub.artifacts.folder_store import FolderStore
from mergehub.artifacts.place import S3Place
from mergehub.artifacts.store import ArtifactStore

CACHE_BYTES = 100_000_000_000


def open_store(
    folder: Path, place: S3Place | None = None, cache_bytes: int = CACHE_BYTES
) -> ArtifactStore:
    """The store in `folder`; or the one at `place`, with `folder` as its cache on this machine.

    The cache keeps up to `cache_bytes` of models that no process reads. Raises StoreFault if the
    library for S3 is missing.
    """
    if place is None:
        return FolderStore(folder)
    from mergehub.artifacts.bucket import Bucket
    from mergehub.artifacts.cache import Cache
    from mergehub.artifacts.s3_store import S3Store

    return S3Store(Bucket(place), Cache(folder, cache_bytes))
