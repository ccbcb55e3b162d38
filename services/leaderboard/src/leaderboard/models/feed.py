"""Lineage's feed of models, as its service answers it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import httpx
from pydantic import BaseModel

from leaderboard.models.families import family_of
from mergehub.contracts.domains.fields import EACH_ONCE
from mergehub.kit.background import feeds

PATH = "/v1/models/facts"
LIMIT = 500


class Parent(BaseModel):
    """A parent of a model."""

    name: str
    relation: str
    role: str
    method: str | None
    weight: float | None


class Model(BaseModel):
    """A model as lineage knows it."""

    id: UUID
    name: str
    former_names: list[str]
    kind: str
    method: str | None
    architecture: str | None
    parameters: int | None
    licence: str | None
    domains: Annotated[list[str], EACH_ONCE]
    flags: list[str]
    made_on: str | None
    parents: list[Parent]
    position: int

    @property
    def facts(self) -> dict[str, Any]:
        """The columns of `model_facts`, but for the model."""
        facts = self.model_dump(mode="json", exclude={"id", "name", "former_names", "parents"})
        return facts | {"lineage_id": str(self.id), "family": family_of(self.architecture)}


class Page(BaseModel):
    """Models in the order in which they changed."""

    items: list[Model]
    next_after: int
    newest: int
    has_more: bool


async def page(hub: httpx.AsyncClient, origin: str, after: int, seconds: int) -> Page:
    """The models that changed after a position; waits for the first. Raises feeds.Away."""
    query = {"after": after, "limit": LIMIT, "wait": seconds}
    return await feeds.page(hub, f"{origin.rstrip('/')}{PATH}", query, Page)
