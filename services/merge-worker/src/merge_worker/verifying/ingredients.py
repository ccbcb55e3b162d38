"""The ingredients of a merge as its lock names them."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from merge_worker.child.failure import RunFailed
from merge_worker.child.merging import reporting
from merge_worker.child.messages import Job
from merge_worker.child.sources import sources_of
from merge_worker.child.tell import Tell
from merge_worker.engine import MergeOptions, Plan, Sources
from merge_worker.engine.lockfile import current_lock
from mergehub.recipe import Lock
from mergehub.recipe.reproducing.departures import departures

NAMED = 5
"""How many files a failure names."""


def pinned(job: Job, lock: Lock) -> Sources:
    """The places of the ingredients, with the revisions that the lock has for Hugging Face ids."""
    revisions = {
        part.ref.model: part.revision
        for part in lock.ingredients
        if part.kind == "hub" and part.revision and part.ref.revision is None
    }
    return replace(sources_of(job), revisions=revisions)


def check_ingredients(job: Job, plan: Plan, lock: Lock, options: MergeOptions, tell: Tell) -> None:
    """Compare every file that the merge reads with the lock.

    Raises:
        RunFailed: a file differs, is missing or is new; the message names it.
    """
    now = current_lock(plan, job.scratch, options.workers, reporting(tell))
    found = departures(lock, now)
    said = list(islice(found, NAMED))
    if said:
        more = sum(1 for _ in found)
        rest = f" {more} more files differ." if more else ""
        raise RunFailed(
            "ingredient-changed",
            "The ingredients are not those of the lock, so the merge cannot be verified here. "
            f"{' '.join(said)}{rest}",
        )
