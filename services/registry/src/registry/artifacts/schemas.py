"""What clients get of the models of runs."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from mergehub.contracts.messages import Answer
from mergehub.kit.paging.pages import Page
from registry.stored.models import State


class Artifact(Answer):
    """The model of a run.

    A model that is `leaving` is deleted later, unless a run needs it until then; `why` says why,
    and `marked_at` since when. `size` is null while the hub has not read its files yet.
    """

    run: UUID
    owner: str
    visibility: Literal["public", "private"]
    model_name: str
    recipe_version: UUID | None
    output_digest: str
    size: int | None = Field(description="The bytes of all its files.")
    created_at: datetime
    pinned: bool
    state: State
    why: str | None
    marked_at: datetime | None


class ArtifactPage(Page[Artifact]):
    """Newest first."""


class ArtifactFile(Answer):
    """A file of a model. `name` is its path in the model's folder."""

    name: str
    size: int
    sha256: str
    media_type: str


class ArtifactFiles(Artifact):
    """A model with its files, by name; empty while the hub has not read them yet.

    `lock`, `manifest` and `provenance` are the names of the files that say what the merge read,
    the digest of each tensor, and how the model was made; null if it has no such file.
    """

    files: list[ArtifactFile]
    lock: str | None
    manifest: str | None
    provenance: str | None
