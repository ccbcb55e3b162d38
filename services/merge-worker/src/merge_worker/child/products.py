"""Makes the models of other runs readable on this machine, and stores the run's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mergehub.artifacts import (
    ArtifactStore,
    NotStored,
    OnBytes,
    StoreFault,
    Superseded,
    Unavailable,
)

from .failure import RunFailed
from .messages import Job
from .tell import Tell


@contextmanager
def opened_store(job: Job, tell: Tell) -> Iterator[ArtifactStore]:
    """The store of models, with those that the run names held on this machine.

    A name of which no model is stored is left to the engine, which says so.

    Raises:
        RunFailed: the store refused something, or does not answer.
    """
    try:
        store = job.open_store()
        try:
            for name in job.products:
                _hold(store, name, job, tell)
            yield store
        finally:
            store.close()
    except Superseded as error:
        raise RunFailed("superseded", str(error)) from error
    except Unavailable as error:
        raise RunFailed("store-unavailable", str(error), retryable=True) from error
    except StoreFault as error:
        raise RunFailed("store-failed", str(error)) from error


def transfer(tell: Tell, stage: str) -> OnBytes:
    """Report the progress of a transfer; a request to stop ends it."""
    stage = stage[:100]
    return lambda done, total: tell.progress(stage, done, total, "bytes", done, total)


def _hold(store: ArtifactStore, name: str, job: Job, tell: Tell) -> None:
    try:
        store.hold(job.products[name], transfer(tell, f"fetch {name}"))
    except NotStored:
        return
