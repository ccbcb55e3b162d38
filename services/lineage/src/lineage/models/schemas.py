"""The responses about models."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from mergehub.contracts.messages import Answer
from mergehub.kit.paging.pages import Page


class Model(Answer):
    """A model and how often it was used: each count is of distinct children.

    `alias_of` is the model that now has this name, in another spelling.
    """

    id: UUID
    name: str
    children_count: int
    base_count: int
    ingredient_count: int
    created_at: datetime
    alias_of: UUID | None


class ModelPage(Page[Model]):
    """Sorted by name."""


class ModelName(Answer):
    name: str
    since: datetime


class Revision(Answer):
    id: UUID
    digest: str
    created_at: datetime


class RefusedParent(Answer):
    """A parent that was reported but is not in the graph, and why."""

    parent: UUID
    name: str
    relation: str
    role: str
    run: UUID | None
    reason: str
    created_at: datetime


class ModelDetail(Model):
    """A model with its names and revisions, oldest first."""

    names: list[ModelName]
    revisions: list[Revision]
    refused_parents: list[RefusedParent]
