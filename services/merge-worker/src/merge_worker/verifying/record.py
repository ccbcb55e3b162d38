"""What an earlier attempt has compared, so that an interrupted verification continues."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from merge_worker.child.earlier import await_earlier
from merge_worker.child.messages import Job
from merge_worker.child.tell import Tell
from merge_worker.engine import Plan, ResumeError
from merge_worker.engine.machine.versions import library_versions
from merge_worker.engine.output.journal import Finished, Journal
from mergehub.contracts.provenance.tensors import TensorDigest

NAME = "verified.jsonl"


class Verified:
    """A record in a journal. It begins with the tensors that are the same; others are made again,
    since how they differ is not in it."""

    def __init__(self, journal: Journal, made: Mapping[str, TensorDigest]) -> None:
        self._journal = journal
        self.finished = {
            name: each
            for name, each in journal.finished.items()
            if name in made and made[name].sha256 == each.sha256
        }

    def add_tensor(self, tensor: str, finished: Finished) -> None:
        """Record a tensor that has been compared."""
        self._journal.add_tensor(tensor, finished)
        self.finished[tensor] = finished


@contextmanager
def verified(
    job: Job, plan: Plan, device: str | None, made: Mapping[str, TensorDigest], tell: Tell
) -> Iterator[Verified]:
    """The record of the run on this machine, for the same plan, libraries and device."""
    path = job.scratch_folder / NAME
    job.scratch_folder.mkdir(parents=True, exist_ok=True)
    await_earlier(path, tell)
    mark = _mark(plan, device)
    try:
        journal = Journal(job.scratch_folder, mark, NAME)
    except ResumeError:  # an ingredient, a library or the device changed between the attempts
        path.unlink()
        journal = Journal(job.scratch_folder, mark, NAME)
    try:
        yield Verified(journal, made)
    finally:
        journal.close()


def _mark(plan: Plan, device: str | None) -> str:
    basis = json.dumps([plan.digest, library_versions(), device])
    return f"sha256:{hashlib.sha256(basis.encode()).hexdigest()}"
