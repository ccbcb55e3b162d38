"""Where the models that a run names may be found."""

from __future__ import annotations

from pathlib import Path

from merge_worker.engine import Sources

from .messages import Job, produced_folder


def sources_of(job: Job) -> Sources:
    """The roots that this worker allows, and the models that other runs produced."""

    def produced(run_id: str) -> Path | None:
        folder = produced_folder(job.artifacts, run_id)
        return folder if folder.is_dir() else None

    return Sources(roots=job.model_roots, produced=produced)
