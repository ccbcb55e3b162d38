"""The model as its run stored it, which is opened only if a tensor differs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from uuid import UUID

from merge_worker.child.how import How
from merge_worker.child.logs import log_event
from merge_worker.child.products import transfer
from merge_worker.child.tell import Tell
from merge_worker.engine import EngineError
from merge_worker.engine.differences import Difference, difference
from merge_worker.engine.files.header import Region
from merge_worker.engine.models.checkpoint import weight_regions
from merge_worker.engine.models.digests import tensor_is
from mergehub.artifacts import ArtifactStore, NotStored
from mergehub.contracts.provenance.tensors import TensorDigest


class Original:
    """The stored model of a run; any thread may compare one of its tensors."""

    def __init__(self, store: ArtifactStore, run: UUID, tell: Tell, how: How) -> None:
        self._store, self._run, self._tell, self._how = store, run, tell, how
        self._opening = Lock()
        self._opened: tuple[Path, Mapping[str, Region]] | None = None

    def difference(
        self, name: str, made: TensorDigest, file: int, region: Region
    ) -> Difference | None:
        """By how much a tensor in an open file differs; None if the stored one is not at hand.

        A stored tensor that is not the one that the run made says nothing about the merge.
        """
        folder, regions = self._open()
        stored = regions.get(name)
        if stored is None or (stored.dtype, stored.shape) != (region.dtype, region.shape):
            return None
        path = folder / stored.file
        if not tensor_is(path, name, stored, made.sha256):
            self._how.warn(f"The stored tensor {name} is not the one that the run made.")
            return None
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return difference((file, region), (descriptor, stored))
        finally:
            os.close(descriptor)

    def _open(self) -> tuple[Path, Mapping[str, Region]]:
        with self._opening:
            if self._opened is None:
                self._opened = self._found()
            return self._opened

    def _found(self) -> tuple[Path, Mapping[str, Region]]:
        try:
            folder = self._store.hold(self._run, transfer(self._tell, "fetch the model"))
            return folder, weight_regions(folder)
        except NotStored:
            self._how.warn("The run's model is not stored any more, so only digests are compared.")
        except EngineError as error:
            log_event("verify.unreadable", error=str(error))
            self._how.warn("The run's model cannot be read, so only digests are compared.")
        return Path(), {}
