"""The answers about recipes that were found."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from mergehub.contracts.messages import Answer
from mergehub.kit.paging.pages import Page
from registry.recipes.schemas import Recipe

AsOf = Annotated[
    int, Field(description="The state of the catalogue; it grows with each change of a recipe.")
]
Total = Annotated[int, Field(description="How many recipes match, of those that you may see.")]


class WordCorrection(Answer):
    """What was read instead of a word, or of a field's value, that no recipe has.

    If it is not `certain`, a few recipes have the word, and it was left as it is.
    """

    field: str | None = Field(description="Null: a word.")
    written: str
    read: str
    certain: bool


class FoundRecipe(Recipe):
    """A recipe with what searches know of it; null: not known."""

    base: str | None
    ingredients: int = Field(description="How many different models it merges.")
    size: float | None = Field(
        description="How many weights the merged model has: as many as its base, or else as its "
        "largest ingredient, as far as lineage knows. Null of a stack of slices."
    )
    uplift: float | None = Field(description="The best uplift of a model that it made, in points.")


class RecipePage(Page[FoundRecipe]):
    """In the order asked for, each with the first 300 characters of its description.

    `corrected` is `q` as it was read, if that is something else. If no recipe has the `name` asked
    for, `suggestions` are the `owner/name` of similar ones.
    """

    total: Total
    as_of: AsOf
    corrected: str | None
    corrections: list[WordCorrection]
    suggestions: list[str]


class FacetValue(Answer):
    """A value of a field, and how many of the recipes have it."""

    value: str
    count: int


class RecipeFacets(Answer):
    """The most frequent values of each field among the recipes that match, most frequent first.

    Of number fields (`ingredients`, `size`, `uplift`, `reproduced`) the values are ranges, from low
    to high. `field:value` in `q` finds what a value counts.
    """

    total: Total
    as_of: AsOf
    corrections: list[WordCorrection]
    facets: dict[str, list[FacetValue]]


class SimilarRecipe(FoundRecipe):
    """A recipe, and how like another one it is, from 0 to 1."""

    likeness: float


class SimilarRecipes(Answer):
    """Recipes like one, the most like first."""

    items: list[SimilarRecipe]
    as_of: AsOf


class SuggestedRecipe(Answer):
    """A recipe whose texts have the last word, if that goes on."""

    id: UUID
    owner: str
    name: str
    title: str


class SuggestedField(Answer):
    """A field or merge parameter whose name begins like the last word."""

    name: str
    meaning: str
    example: str
    q: str = Field(description="The search with this field in the place of the last word.")


class SuggestedValue(Answer):
    """A value of a field, and how many of the recipes that match have it."""

    value: str
    count: int
    q: str = Field(description="The search with this value in the place of the last word.")


class Suggestions(Answer):
    """What the last word of a search may become; `values` by the name of their field."""

    recipes: list[SuggestedRecipe]
    fields: list[SuggestedField]
    values: dict[str, list[SuggestedValue]]
