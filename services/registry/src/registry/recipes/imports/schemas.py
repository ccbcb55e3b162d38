"""The rows of an import of recipes, and its report."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from mergehub.contracts.examples import RECIPE, example
from mergehub.contracts.messages import Answer, Message
from mergehub.kit.problems.problem import FieldFault
from registry.accounts.access import Visibility
from registry.recipes.schemas import Domains, Label, Licence, RecipeText, Slug, Title

MOST_ROWS = 1000

Line = Annotated[int | None, Field(ge=0, lt=2**53, description="The row's place, for the report.")]
Outcome = Literal["published", "version", "known"]


class ImportedRecipe(Message):
    """A recipe with what is said of it, which counts only if the owner has none of this name."""

    name: Slug
    title: Title | None = None
    description: str = Field("", max_length=20_000)
    tags: list[Label] = Field(default_factory=list, max_length=20)
    domains: Domains = Field(default_factory=list)
    licence: Licence | None = None
    recipe: RecipeText
    line: Line = None


class RecipeImportCreate(Message):
    """At most 1,000 rows. Importing the same rows again changes nothing."""

    model_config = example(
        dry_run=False,
        recipes=[{"name": "dates-and-units", "tags": ["small"], "recipe": RECIPE, "line": 1}],
    )

    owner: Slug | None = Field(
        None, description="Your handle (the default), or an organisation's that you write for."
    )
    visibility: Visibility = Field("public", description="Who sees the new recipes.")
    dry_run: bool = Field(False, description="Say what would be done, and do nothing.")
    recipes: list[ImportedRecipe] = Field(min_length=1, max_length=MOST_ROWS)


class Brought(Answer):
    """A recipe that the hub has now.

    - `outcome`: `published` as a new recipe; a new `version` of one; `known`, and nothing changed.
    - `recipe`: null if a dry run would publish it.
    """

    line: int
    outcome: Outcome
    recipe: UUID | None
    name: str
    number: int
    digest: str


class Refused(Answer):
    """A row that was not taken over: the problem's code and detail, and the recipe's faults."""

    line: int
    name: str
    code: str
    detail: str
    errors: list[FieldFault]


class RecipeImportReport(Answer):
    """What became of the rows, in their order. A row without `line` has its place, from 1."""

    dry_run: bool
    owner: str
    brought: list[Brought]
    refused: list[Refused]
