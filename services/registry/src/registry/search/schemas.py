"""The answers about recipes that were found."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mergehub.contracts.messages import Answer
from mergehub.kit.paging.pages import Page
from registry.recipes.schemas import Recipe

AsOf = Annotated[
    int, Field(description="The state of the catalogue; it grows with each change of a recipe.")
]
Total = Annotated[int, Field(description="How many recipes match, of those that you may see.")]


class RecipePage(Page[Recipe]):
    """In the order asked for, each with the first 300 characters of its description.

    If no recipe has the `name` asked for, `suggestions` are the `owner/name` of similar ones.
    """

    total: Total
    as_of: AsOf
    suggestions: list[str]


class FacetValue(Answer):
    """A value of a field, and how many of the recipes have it."""

    value: str
    count: int


class Facets(Answer):
    """The most frequent values of each field among the recipes that match, most frequent first."""

    total: Total
    as_of: AsOf
    facets: dict[str, list[FacetValue]]
