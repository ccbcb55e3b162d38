"""Whether an event is as OpenLineage publishes it: by its client and its schemas."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from openlineage.client import event_v2
from openlineage.client.generated.dataset_version_dataset import DatasetVersionDatasetFacet
from openlineage.client.generated.error_message_run import ErrorMessageRunFacet
from openlineage.client.generated.job_type_job import JobTypeJobFacet
from openlineage.client.generated.lineage import (
    LineageDatasetFacet,
    LineageDatasetInput,
    LineageTransformation,
)
from openlineage.client.serde import Serde
from referencing import Registry, Resource

Json = dict[str, Any]

FOLDER = os.environ.get("MERGEHUB_REAL_DATA")
EVENT = "https://openlineage.io/spec/2-0-2/OpenLineage.json"
FACETS = {
    "version": DatasetVersionDatasetFacet,
    "jobType": JobTypeJobFacet,
    "errorMessage": ErrorMessageRunFacet,
}


def check(event: Json) -> None:
    """Check that OpenLineage's own client writes the same, and that the schemas accept it.

    The schemas are not in the repository: without MERGEHUB_REAL_DATA, only the client is asked.
    """
    assert _known(Serde.to_dict(_read(event))) == _known(event)
    if FOLDER is None:
        return
    _validate(EVENT, event)
    _validate(event["schemaURL"], event)
    for facet in facets(event):
        if facet["_schemaURL"].partition("#")[0] in _schemas():
            _validate(facet["_schemaURL"], facet)


def facets(event: Json) -> Iterator[Json]:
    """The facets of all parts of an event."""
    parts = [event.get("run"), event.get("job"), event.get("dataset")]
    for part in [*parts, *event.get("inputs", ()), *event.get("outputs", ())]:
        yield from (part or {}).get("facets", {}).values()


def _read(event: Json) -> Any:
    """An event as the client has it; a field that the client lacks, or misses, is an error."""
    given = {name: each for name, each in event.items() if name != "schemaURL"}
    if "dataset" in event:
        return event_v2.DatasetEvent(
            **given | {"dataset": _part(event_v2.StaticDataset, event["dataset"])}
        )
    return event_v2.RunEvent(
        **given
        | {
            "eventType": event_v2.RunState[event["eventType"]],
            "run": _part(event_v2.Run, event["run"]),
            "job": _part(event_v2.Job, event["job"]),
            "inputs": [_part(event_v2.InputDataset, each) for each in event["inputs"]],
            "outputs": [_part(event_v2.OutputDataset, each) for each in event["outputs"]],
        }
    )


def _part(kind: Any, part: Json) -> Any:
    read = {name: _facet(name, each) for name, each in part["facets"].items()}
    return kind(**part | {"facets": read})


def _facet(name: str, facet: Json) -> Any:
    fields = {name: each for name, each in facet.items() if not name.startswith("_")}
    if name == "lineage":
        return LineageDatasetFacet(
            inputs=list(map(_input, fields["inputs"])), producer=facet["_producer"]
        )
    return FACETS[name](**fields, producer=facet["_producer"])


def _input(given: Json) -> LineageDatasetInput:
    steps = [LineageTransformation(**each) for each in given["transformations"]]
    return LineageDatasetInput(**given | {"transformations": steps})


def _known(value: Any) -> Any:
    """A value without what is empty, which the client writes or leaves out as it likes."""
    if isinstance(value, dict):
        return {
            name: kept for name, each in value.items() if (kept := _known(each)) not in ({}, [])
        }
    return [_known(each) for each in value] if isinstance(value, list) else value


def _validate(url: str, value: Json) -> None:
    Draft202012Validator(
        {"$ref": url}, registry=_schemas(), format_checker=Draft202012Validator.FORMAT_CHECKER
    ).validate(value)


@cache
def _schemas() -> Registry[Any]:
    registry: Registry[Any] = Registry()
    for path in (Path(FOLDER or "") / "schemas/openlineage").glob("*.json"):
        schema = json.loads(path.read_text(encoding="utf-8"))
        registry = registry.with_resource(schema["$id"], Resource.from_contents(schema))
    return registry
