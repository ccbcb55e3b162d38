"""OpenLineage events, a line each, for the lineage tools that people run already.

Every merge is a run: it has a START and a COMPLETE event with its parents as inputs and the model
as its output. Every model with parents has the facet `lineage`, which lists them; a model that no
merge made has it in a dataset event of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time
from uuid import UUID, uuid5

from lineage.exports import records
from lineage.exports.records import Model
from mergehub.openlineage import Json, Parent, Producer

_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)


class OpenLineage:
    """Events of the hub at an address."""

    media_type = "application/x-ndjson"
    suffix = "openlineage.jsonl"

    def __init__(self, hub: str) -> None:
        self._producer = Producer(hub)

    def begin(self) -> str:
        return ""

    def model(self, model: Model) -> str:
        return "".join(json.dumps(event) + "\n" for event in self._events(model))

    def end(self) -> str:
        return ""

    def _events(self, model: Model) -> Iterator[Json]:
        runs: dict[UUID, list[records.Parent]] = {}
        for parent in model.parents:
            if parent.relation == "merge":
                runs.setdefault(_run_of(model, parent), []).append(parent)
        for run, parents in runs.items():
            yield from self._run(model, run, parents)
        if model.parents and not runs:
            made = self._made(model, model.parents[0].child_digest)
            yield self._producer.dataset_event(_latest(model.parents), made)

    def _run(self, model: Model, run: UUID, parents: Sequence[records.Parent]) -> Iterator[Json]:
        """The events of the run that made a model from `parents`."""
        producer, moment = self._producer, _latest(parents)
        job = producer.job("merge", model.name, parents[0].recipe_version)
        inputs = producer.inputs(map(_parent, parents))
        digest = parents[0].child_digest
        planned, made = producer.model(model.name, digest), self._made(model, digest)
        yield producer.run_event("START", moment, run, job, inputs, [planned])
        yield producer.run_event("COMPLETE", moment, run, job, inputs, [made])

    def _made(self, model: Model, digest: str | None) -> Json:
        return self._producer.model(model.name, digest, map(_parent, model.parents))


def _parent(parent: records.Parent) -> Parent:
    return Parent(
        name=parent.name,
        relation=parent.relation,
        role=parent.role,
        digest=parent.parent_digest,
        method=parent.method,
        weight=parent.weight,
        density=parent.density,
    )


def _run_of(model: Model, parent: records.Parent) -> UUID:
    """The run that made a merge; for a merge made elsewhere, an id that is the same every time."""
    return parent.run or uuid5(model.id, parent.child_digest or "")


def _latest(parents: Sequence[records.Parent]) -> datetime:
    return max(map(_moment, parents))


def _moment(parent: records.Parent) -> datetime:
    if parent.run is not None and parent.learned_at is not None:
        return parent.learned_at
    if parent.made_on is not None:
        return datetime.combine(parent.made_on, time(), UTC)
    return parent.learned_at or _UNKNOWN
