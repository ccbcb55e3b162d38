"""What people send to make or change a board."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from leaderboard.boards import definition
from mergehub.benchmarks.definition import Domain
from mergehub.contracts.domains.fields import EACH_ONCE
from mergehub.contracts.examples import example
from mergehub.contracts.messages import Message
from mergehub.contracts.names import RECIPE_NAME, must_be
from mergehub.contracts.shapes import Text

Slug = Annotated[
    str,
    StringConstraints(pattern=RECIPE_NAME, max_length=60),
    must_be("must have lower-case letters, digits and single hyphens, at most 60 in all"),
]
Title = Annotated[Text, StringConstraints(min_length=1, max_length=200)]
Summary = Annotated[Text, StringConstraints(min_length=1, max_length=1000)]
Columns = Annotated[
    definition.Columns | definition.Chosen,
    Field(description="The columns, or the rule by which the board has benchmarks."),
]
Domains = Annotated[list[Domain], Field(max_length=7), EACH_ONCE]


class BoardCreate(Message):
    """A board of your own, or of an organisation in which you may write.

    Its name becomes the owner's handle, a tilde and `name`.
    """

    model_config = example(
        name="small-maths",
        title="Small models at maths",
        summary="GSM8K and MATH, with the same weight.",
        columns=[{"benchmark": "gsm8k"}, {"benchmark": "math"}],
    )

    name: Slug
    owner: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = Field(
        None, description="The handle of an organisation; by default, your own account."
    )
    title: Title
    summary: Summary
    domains: Domains = Field(default_factory=list)
    columns: Columns
    normalisation: Literal["guess", "none"] = "guess"
    below_guess: Literal["zero", "negative"] = "zero"


class BoardUpdate(Message):
    """What to change; what is left out stays."""

    model_config = example(title="Small models at arithmetic")

    title: Title | None = None
    summary: Summary | None = None
    domains: Domains | None = None
    columns: Columns | None = None
    normalisation: Literal["guess", "none"] | None = None
    below_guess: Literal["zero", "negative"] | None = None
