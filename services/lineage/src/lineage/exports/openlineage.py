"""OpenLineage events, a line each, for the lineage tools that people run already.

Every merge is a run: it has a START and a COMPLETE event with its parents as inputs and the model
as its output. Every model with parents has the facet `lineage`, which lists them; a model that no
merge made has it in a dataset event of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID, uuid5

from lineage.exports.records import Model, Parent

_SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs"
_FACETS = "https://openlineage.io/spec/facets"
VERSION_FACET = f"{_FACETS}/1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet"
LINEAGE_FACET = f"{_FACETS}/1-0-0/LineageFacet.json#/$defs/LineageDatasetFacet"
JOB_FACET = f"{_FACETS}/2-0-4/JobTypeJobFacet.json#/$defs/JobTypeJobFacet"

Json = dict[str, Any]
_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)


class OpenLineage:
    """Events of one hub: its address names the producer, and the namespace of models and jobs."""

    media_type = "application/x-ndjson"
    suffix = "openlineage.jsonl"

    def __init__(self, hub: str) -> None:
        self._hub = hub

    def begin(self) -> str:
        return ""

    def model(self, model: Model) -> str:
        return "".join(json.dumps(event) + "\n" for event in self._events(model))

    def end(self) -> str:
        return ""

    def _events(self, model: Model) -> Iterator[Json]:
        runs: dict[UUID, list[Parent]] = {}
        for parent in model.parents:
            if parent.relation == "merge":
                runs.setdefault(_run_of(model, parent), []).append(parent)
        for run, parents in runs.items():
            yield self._run_event("START", model, run, parents)
            yield self._run_event("COMPLETE", model, run, parents)
        if model.parents and not runs:
            yield self._dataset_event(model)

    def _run_event(self, kind: str, model: Model, run: UUID, parents: Sequence[Parent]) -> Json:
        digests = {parent.name: parent.parent_digest for parent in parents}
        output = self._dataset(model.name, parents[0].child_digest)
        if kind == "COMPLETE":
            output["facets"]["lineage"] = self._lineage(model.parents)
        return {
            **self._event("RunEvent", parents),
            "eventType": kind,
            "run": {"runId": str(run)},
            "job": self._job(model, parents[0].recipe_version),
            "inputs": [self._dataset(name, digest) for name, digest in digests.items()],
            "outputs": [output],
        }

    def _dataset_event(self, model: Model) -> Json:
        dataset = self._dataset(model.name, model.parents[0].child_digest)
        dataset["facets"]["lineage"] = self._lineage(model.parents)
        return {**self._event("DatasetEvent", model.parents), "dataset": dataset}

    def _event(self, kind: str, parents: Sequence[Parent]) -> Json:
        moment = max(map(_moment, parents))
        return {
            "eventTime": moment.isoformat(),
            "producer": self._hub,
            "schemaURL": f"{_SPEC}/{kind}",
        }

    def _job(self, model: Model, recipe_version: UUID | None) -> Json:
        facet = self._facet(
            JOB_FACET, processingType="BATCH", integration="MERGEHUB", jobType="MERGE"
        )
        name = f"merge/{model.name}" if recipe_version is None else f"recipe/{recipe_version}"
        return {"namespace": self._hub, "name": name, "facets": {"jobType": facet}}

    def _dataset(self, name: str, digest: str | None) -> Json:
        facets: Json = {}
        if digest is not None:
            facets["version"] = self._facet(VERSION_FACET, datasetVersion=digest)
        return {"namespace": self._hub, "name": name, "facets": facets}

    def _lineage(self, parents: Sequence[Parent]) -> Json:
        return self._facet(LINEAGE_FACET, inputs=[self._input(parent) for parent in parents])

    def _input(self, parent: Parent) -> Json:
        step = {
            "type": "DIRECT",
            "subtype": parent.relation.upper(),
            "description": _described(parent),
        }
        return {
            "namespace": self._hub,
            "name": parent.name,
            "type": "DATASET",
            "transformations": [step],
        }

    def _facet(self, schema: str, **fields: Any) -> Json:
        return {"_producer": self._hub, "_schemaURL": schema, **fields}


def _run_of(model: Model, parent: Parent) -> UUID:
    """The run that made a merge; for a merge made elsewhere, an id that is the same every time."""
    return parent.run or uuid5(model.id, parent.child_digest or "")


def _moment(parent: Parent) -> datetime:
    if parent.run is not None and parent.learned_at is not None:
        return parent.learned_at
    if parent.made_on is not None:
        return datetime.combine(parent.made_on, time(), UTC)
    return parent.learned_at or _UNKNOWN


def _described(parent: Parent) -> str:
    """How a parent was used, such as `ties as ingredient, weight 0.5`."""
    facts = [f"{parent.method or parent.relation} as {parent.role}"]
    facts += [
        f"{name} {value:g}"
        for name, value in (("weight", parent.weight), ("density", parent.density))
        if value is not None
    ]
    return ", ".join(facts)
