"""The statement of how a model was made: in-toto Statement v1 with SLSA Provenance v1."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "https://slsa.dev/provenance/v1"
BUILD_TYPE: Final = "urn:mergehub:build-type:recipe-merge:v1"
"""A merge by a recipe; docs/provenance.md describes it."""
TENSORS: Final = "tensors"
"""The name of the by-product whose digest is the output digest of the model."""
TENSORS_DIGEST: Final = "mergehubTensorsV1"
"""The algorithm of that digest: SHA-256 over the digests of all tensors, sorted by their names."""

Text = Annotated[str, StringConstraints(max_length=2000)]


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )


class Resource(_Part):
    """A file or something else with a digest (in-toto's ResourceDescriptor)."""

    name: Text
    uri: Text | None = None
    digest: Mapping[str, Text]
    annotations: Mapping[str, Any] | None = None

    @property
    def sha256(self) -> str | None:
        """Its SHA-256 in hexadecimal, if it has one."""
        return self.digest.get("sha256")


class BuildDefinition(_Part):
    """What was asked for, and all that was read."""

    build_type: Literal["urn:mergehub:build-type:recipe-merge:v1"] = BUILD_TYPE
    external_parameters: Mapping[str, Any]
    resolved_dependencies: tuple[Resource, ...]


class Builder(_Part):
    """The program that merged, and the versions of what computed."""

    id: Text
    version: Mapping[str, Text]


class Metadata(_Part):
    """The run, if a hub asked for it, and when the attempt began and ended."""

    invocation_id: Text | None = None
    started_on: datetime
    finished_on: datetime


class RunDetails(_Part):
    """Who made the model when."""

    builder: Builder
    metadata: Metadata
    byproducts: tuple[Resource, ...]


class Provenance(_Part):
    """The predicate."""

    build_definition: BuildDefinition
    run_details: RunDetails


class Statement(_Part):
    """A statement; its subjects are the files of the model."""

    type: Literal["https://in-toto.io/Statement/v1"] = Field(default=STATEMENT_TYPE, alias="_type")
    subject: tuple[Resource, ...]
    predicate_type: Literal["https://slsa.dev/provenance/v1"] = PREDICATE_TYPE
    predicate: Provenance

    @property
    def output_digest(self) -> str | None:
        """The output digest of the model, `sha256:…`."""
        digests = self.predicate.run_details.byproducts
        found = (each.digest.get(TENSORS_DIGEST) for each in digests if each.name == TENSORS)
        return next((f"sha256:{each}" for each in found if each), None)


def payload_of(statement: Statement) -> bytes:
    """The statement as JSON: the same statement, the same bytes."""
    plain = statement.model_dump(mode="json", by_alias=True, exclude_none=True)
    return json.dumps(
        plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def statement_in(payload: bytes) -> Statement:
    """The statement of a payload. Raises ValueError if it is not one of a merge by a recipe."""
    return Statement.model_validate_json(payload)
