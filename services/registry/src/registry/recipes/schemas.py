"""The requests and responses about recipes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from mergehub.contracts.domains.fields import EACH_ONCE, NAMED
from mergehub.contracts.examples import RECIPE, RECIPE_ID, TIME, VERSION, example
from mergehub.contracts.licences.identifiers import LONGEST, identifier_or_fault
from mergehub.contracts.messages import Answer, Message
from mergehub.contracts.names import RECIPE_NAME, must_be
from mergehub.contracts.shapes import Line
from mergehub.kit.paging.pages import Page
from mergehub.kit.problems.problem import FieldFault
from registry.accounts.access import Visibility
from registry.recipes.beside_lineage.comparison import LineageState

Slug = Annotated[
    str,
    StringConstraints(pattern=RECIPE_NAME, min_length=1, max_length=100),
    must_be("must be lower case words joined by hyphens, such as my-soup; at most 100 characters"),
]
AnyCase = Annotated[Slug, BeforeValidator(str.lower)]
"""A tag, by which recipes are found."""
Label = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]+([._-][a-z0-9]+)*$", min_length=1, max_length=50),
    must_be(
        "must be lower case words joined by hyphens, dots or underscores, such as llama-3.2; "
        "at most 50 characters"
    ),
]

Domain = Annotated[Label, NAMED]
Domains = Annotated[list[Domain], Field(max_length=20), EACH_ONCE]
"""What a recipe's models are for; a synonym of a domain becomes its name."""


def _licence(written: str) -> str:
    try:
        return identifier_or_fault(written)
    except ValueError as error:
        raise PydanticCustomError("unknown_licence", "{why}", {"why": str(error)}) from None


Licence = Annotated[
    str,
    Field(
        max_length=LONGEST,
        description="A licence by its identifier, such as `apache-2.0`, or in a usual spelling; "
        "`other` for one that has none.",
    ),
    AfterValidator(_licence),
]
Archived = Annotated[
    bool | None,
    Field(description="An archived recipe is listed only if asked for, and gets no versions."),
]
Title = Annotated[Line, Field(min_length=1, max_length=200)]
RecipeText = Annotated[
    str, Field(max_length=256 * 1024, description="The recipe, as mergekit YAML.")
]


class RecipeCheck(Message):
    model_config = example(recipe=RECIPE)

    recipe: RecipeText
    licence: Licence | None = Field(
        None, description="The licence that you want to give the recipe and its models."
    )


class RecipeVersionCreate(Message):
    model_config = example(recipe=RECIPE)

    recipe: RecipeText


class RecipeCreate(Message):
    model_config = example(
        name="dates-and-units", title="Dates and units", tags=["small"], recipe=RECIPE
    )

    name: Slug = Field(description="Lower case words joined by hyphens; unique per owner.")
    owner: Slug | None = Field(
        None, description="Your handle (the default), or an organisation's that you write for."
    )
    visibility: Visibility = Field(
        "public",
        description="`private`: only those who belong to the owner see it. `unlisted`: others can "
        "read it by its id or name, but no list, search or event shows it.",
    )
    title: Title | None = Field(None, description="One line for people; by default, the name.")
    description: str = Field("", max_length=20_000)
    tags: list[Label] = Field(default_factory=list, max_length=20)
    domains: Domains = Field(default_factory=list)
    licence: Licence | None = None
    recipe: RecipeText


class RecipeUpdate(Message):
    """Omitted fields do not change; `licence: null` removes the licence."""

    model_config = example(title="Dates and units, merged", tags=["small", "ties"])

    name: Slug | None = Field(
        None, description="A new name; the former one leads to it and stays reserved for it."
    )
    title: Title | None = None
    visibility: Visibility | None = None
    archived: Archived = None
    licence: Licence | None = None
    description: str | None = Field(None, max_length=20_000)
    tags: list[Label] | None = Field(None, max_length=20)
    domains: Domains | None = None


class Warnings(Answer):
    """What is doubtful in a valid recipe, or in what lineage knows of its models.

    `lineage` says whether it was asked for the models' shared base, flags and licences, and
    `unknown_models` which of them it does not know; without an answer, nothing of that is checked.
    """

    warnings: list[FieldFault] = Field(
        description="Each with its place; none of them refuses the recipe."
    )
    lineage: LineageState = Field(
        description="`answered`; `unavailable`: it gave no answer within a second; `not-asked`: "
        "the recipe names more models than one question may."
    )
    unknown_models: list[str] = Field(description="The models that lineage does not know.")


class VersionSummary(Answer):
    """A version without its text."""

    id: UUID
    number: int
    digest: str
    method: str
    created_at: datetime


class RecipeVersion(VersionSummary):
    """A version: `source` as published, byte for byte, and its canonical form."""

    recipe_id: UUID
    ingredients: list[str]
    source: str
    canonical: dict[str, Any]


class VersionReference(Answer):
    """A version of a recipe, by its id and number, and the recipe by its id and name."""

    recipe: UUID
    version: UUID
    number: int
    owner: str
    name: str


class Twin(VersionReference):
    """A version of another recipe with the same digest."""

    created_at: datetime


EXAMPLE: dict[str, Any] = {
    "id": RECIPE_ID,
    "owner": "local",
    "visibility": "public",
    "name": "dates-and-units",
    "title": "Dates and units",
    "description": "",
    "tags": ["small"],
    "domains": [],
    "licence": "apache-2.0",
    "forked_from": None,
    "forks": 0,
    "archived_at": None,
    "reproductions": 0,
    "created_at": TIME,
    "stars": 3,
    "comments": 1,
    "version": VERSION,
}

COUNTERS = ("stars", "comments", "forks", "reproductions")
"""The fields of a recipe that change by what others do."""


class Recipe(Answer):
    """A recipe with its newest version.

    - `forked_from`: null also if the origin was deleted, or if no list shows it to you.
    - `forks`: the number of its public forks that are not archived.
    """

    model_config = example(**EXAMPLE)

    id: UUID
    owner: str
    visibility: Visibility
    name: str
    title: str
    description: str
    tags: list[str]
    domains: Annotated[list[str], EACH_ONCE]
    licence: str | None
    forked_from: VersionReference | None
    forks: int
    archived_at: datetime | None
    reproductions: int = Field(
        description="How many accounts have made a model of it again with the same tensors, beside "
        "the one that made it first."
    )
    created_at: datetime
    stars: int
    comments: int
    version: VersionSummary


class Published(Warnings):
    """What the check found, and the first ten twins."""

    twins: list[Twin] = Field(
        description="Recipes that you may see and that have a version of the same digest, the "
        "oldest first; at most ten."
    )


class CheckedRecipeAnswer(Published):
    """A valid recipe."""

    digest: str
    method: str
    ingredients: list[str]


class PublishedVersion(RecipeVersion, Published):
    """A version that was just published."""


class PublishedRecipe(Recipe, Published):
    """A recipe that was just published."""

    model_config = example(**EXAMPLE, warnings=[], lineage="answered", unknown_models=[], twins=[])


class VersionPage(Page[VersionSummary]):
    """Newest first."""
