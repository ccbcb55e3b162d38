"""The answers about stars."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from mergehub.contracts.examples import TIME, example
from mergehub.contracts.messages import Answer
from mergehub.kit.paging.pages import Page
from registry.recipes.schemas import EXAMPLE, Recipe


class Star(Answer):
    """Whether you starred a recipe, and how many people did."""

    recipe_id: UUID
    starred_at: datetime | None = Field(description="When you starred it; null if you did not.")
    stars: int


class Stargazer(Answer):
    """Who starred a recipe, and when."""

    account: str
    starred_at: datetime


class StarPage(Page[Stargazer]):
    """Newest first."""


class StarredRecipe(Recipe):
    """A recipe that you starred."""

    model_config = example(**EXAMPLE, starred_at=TIME)

    starred_at: datetime


class StarredPage(Page[StarredRecipe]):
    """Newest star first, each recipe with the first 300 characters of its description."""
