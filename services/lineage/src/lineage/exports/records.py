"""What an export is made of: models, each with its parents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

Layers = Sequence[Sequence[int]]


@dataclass(frozen=True)
class Parent:
    """A model that the exported one came from, and how; `place` is that of its own record.

    `role_stated`: a source says that it is the `role`; if not, it is the usual one.
    """

    place: int
    id: UUID
    name: str
    relation: str
    role: str
    role_stated: bool
    method: str | None
    weight: float | None
    density: float | None
    layers: Layers | None
    child_digest: str | None
    parent_digest: str | None
    recipe_version: UUID | None
    run: UUID | None
    source: str
    confidence: int
    evidence: str | None
    made_on: date | None
    learned_at: datetime | None


@dataclass(frozen=True)
class Model:
    """A model and its exported parents; `place` counts the records of an export."""

    place: int
    id: UUID
    name: str
    kind: str
    architecture: str | None
    parameters: int | None
    tokenizer: str | None
    licence: str | None
    domains: Sequence[str]
    made_on: date | None
    children: int
    flagged: bool
    parents: Sequence[Parent]


class Format(Protocol):
    """A format writes a beginning, a text for each model, and an end."""

    @property
    def media_type(self) -> str: ...

    @property
    def suffix(self) -> str: ...

    def begin(self) -> str: ...

    def model(self, model: Model) -> str: ...

    def end(self) -> str: ...
