"""What an export says of one version of a recipe."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from mergehub.recipe import ModelRef, Recipe, ingredients
from registry.recipes.models import RecipeRow, VersionRow
from registry.recipes.repository import Pair


@dataclass(frozen=True)
class Record:
    """A version, the recipe that it is of, and the version that this was forked from."""

    recipe: RecipeRow
    version: VersionRow
    origin: Pair | None
    address: str

    @property
    def name(self) -> str:
        """`owner/name`."""
        return f"{self.recipe.owner}/{self.recipe.name}"

    @property
    def url(self) -> str:
        """The address of the version on its hub."""
        place = f"/v1/recipes/{self.recipe.id}/versions/{self.version.number}"
        return f"{self.address.rstrip('/')}{place}"

    @cached_property
    def parents(self) -> list[ModelRef]:
        """The models that it merges, each once."""
        recipe = Recipe.model_validate(json.loads(self.version.canonical))
        return list(dict.fromkeys(ingredients(recipe)))


class Format(NamedTuple):
    """A form of one version: its media type, the ending of its file, and what writes it."""

    media_type: str
    suffix: str
    write: Callable[[Record], str]
