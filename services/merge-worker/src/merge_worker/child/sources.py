"""Finds the models that a run names."""

from __future__ import annotations

from merge_worker.engine import Sources

from .messages import Job, produced_folder


def sources_of(job: Job) -> Sources:
    """The roots that this worker allows, and those runs' models that the claim grants.

    The models of other runs are next to those and may be private: no path leads to them.
    """
    folders = {str(run): produced_folder(job.artifacts, run) for run in job.products.values()}
    return Sources(
        roots=job.model_roots,
        produced={run: folder for run, folder in folders.items() if folder.is_dir()},
        products={name: str(run) for name, run in job.products.items()},
        closed=(job.artifacts, job.scratch),
    )
