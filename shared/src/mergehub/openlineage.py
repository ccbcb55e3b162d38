"""OpenLineage 2-0-2: models as datasets and runs as runs, for the lineage tools that exist.

What the hub exports and what it sends to listeners is written here, so that both name the same
things alike. A hub's address names the producer, and is the namespace of its models and jobs, since
their names are unique only there. Every dataset with known parents has the facet `lineage`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

EVENTS = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs"
_FACETS = "https://openlineage.io/spec/facets"
VERSION_FACET = f"{_FACETS}/1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet"
LINEAGE_FACET = f"{_FACETS}/1-0-0/LineageFacet.json#/$defs/LineageDatasetFacet"
JOB_FACET = f"{_FACETS}/2-0-4/JobTypeJobFacet.json#/$defs/JobTypeJobFacet"
ERROR_FACET = f"{_FACETS}/1-0-1/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet"

Json = dict[str, Any]
State = Literal["START", "RUNNING", "COMPLETE", "FAIL", "ABORT"]


@dataclass(frozen=True)
class Parent:
    """A model that another one was made from, and how."""

    name: str
    relation: str
    role: str
    digest: str | None = None
    method: str | None = None
    weight: float | None = None
    density: float | None = None


class Producer:
    """Writes the events of one hub, which has this address."""

    def __init__(self, hub: str) -> None:
        self._hub = hub

    def run_event(
        self,
        state: State,
        moment: datetime,
        run: UUID,
        job: Json,
        inputs: Sequence[Json] = (),
        outputs: Sequence[Json] = (),
        error: str | None = None,
    ) -> Json:
        """A change of a run's state; `error` says why it failed."""
        facets = {}
        if error is not None:
            facets["errorMessage"] = self._facet(
                ERROR_FACET, message=error, programmingLanguage="PYTHON"
            )
        return {
            **self._event("RunEvent", moment),
            "eventType": state,
            "run": {"runId": str(run), "facets": facets},
            "job": job,
            "inputs": list(inputs),
            "outputs": list(outputs),
        }

    def dataset_event(self, moment: datetime, dataset: Json) -> Json:
        """What is known of a model that no known run made."""
        return {**self._event("DatasetEvent", moment), "dataset": dataset}

    def job(self, kind: str, model: str, recipe_version: UUID | None = None) -> Json:
        """The job of a run: its published recipe, or else its kind and model."""
        facet = self._facet(
            JOB_FACET, processingType="BATCH", integration="MERGEHUB", jobType=kind.upper()
        )
        name = f"{kind}/{model}" if recipe_version is None else f"recipe/{recipe_version}"
        return {"namespace": self._hub, "name": name, "facets": {"jobType": facet}}

    def inputs(self, parents: Iterable[Parent]) -> list[Json]:
        """The models that a merge read, each once."""
        digests = {parent.name: parent.digest for parent in parents}
        return [self.model(name, digest) for name, digest in digests.items()]

    def model(
        self, name: str, digest: str | None = None, parents: Iterable[Parent] | None = None
    ) -> Json:
        """A model as a dataset, with its parents if they are known."""
        facets = {}
        if digest is not None:
            facets["version"] = self._facet(VERSION_FACET, datasetVersion=digest)
        if parents is not None:
            facets["lineage"] = self._facet(LINEAGE_FACET, inputs=list(map(self._input, parents)))
        return {"namespace": self._hub, "name": name, "facets": facets}

    def _event(self, kind: str, moment: datetime) -> Json:
        return {
            "eventTime": moment.isoformat(),
            "producer": self._hub,
            "schemaURL": f"{EVENTS}/{kind}",
        }

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


def _described(parent: Parent) -> str:
    """How a parent was used, such as `ties as ingredient, weight 0.5`."""
    facts = [f"{parent.method or parent.relation} as {parent.role}"]
    facts += [
        f"{name} {value:g}"
        for name, value in (("weight", parent.weight), ("density", parent.density))
        if value is not None
    ]
    return ", ".join(facts)
