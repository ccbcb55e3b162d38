"""A count run reads the headers of one model."""

from __future__ import annotations

from math import prod

from mergehub.contracts.kinds.count import CountResult, CountSpec

from merge_worker.child.messages import Job
from merge_worker.child.sources import sources_of
from merge_worker.child.tell import Tell
from merge_worker.engine.models.checkpoint import open_checkpoint
from mergehub.recipe import ModelRef


def run(job: Job, spec: CountSpec, tell: Tell) -> CountResult:
    """Count the tensors of the model and their elements."""
    tell.progress("count", 0, 0, "")
    found = sources_of(job).locate(ModelRef.parse(spec.model))
    shapes = [region.shape for region in open_checkpoint(found.folder).tensors.values()]
    return CountResult(kind="count", tensors=len(shapes), elements=sum(map(prod, shapes)))
