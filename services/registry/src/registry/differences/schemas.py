"""The answers about differences."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import Field

from mergehub.contracts.examples import DIGEST, RECIPE_ID, VERSION_ID, example
from mergehub.contracts.messages import Answer
from mergehub.recipe.difference.difference import Change, What

_VERSION = {
    "id": VERSION_ID,
    "recipe_id": RECIPE_ID,
    "owner": "local",
    "name": "dates-and-units",
    "number": 1,
    "digest": DIGEST,
    "method": "ties",
}
_PLACE = {"module": None, "slice": None, "model": "org/dates", "entry": None}


class ComparedVersion(Answer):
    """One of the two versions."""

    id: UUID
    recipe_id: UUID
    owner: str
    name: str
    number: int
    digest: str
    method: str


class DifferencePlace(Answer):
    """A place in a recipe: the newer one, unless only the older one has it."""

    module: str | None
    slice: int | None = Field(description="The number of the slice, from 1.")
    model: str | None
    entry: int | None = Field(
        description="The place of the model in its list, from 1, if that names it several times."
    )


class RecipeDifference(Answer):
    """The same change in one place or several."""

    what: What
    change: Change
    path: str = Field(description="What differs and where, in words: `density of org/dates`.")
    name: str | None = Field(description="Of a parameter, a token, or a part of the tokenizer.")
    filter: str | None = Field(
        description="The filter of the tensors whose value changed; `*`: all that no other filter "
        "matches."
    )
    places: list[DifferencePlace]
    everywhere: bool = Field(description="Whether the parameter changed wherever it applies.")
    old: Any = Field(description="As in the canonical form; null if it is new; a place that moved.")
    new: Any = Field(description="As in the canonical form; null if it is gone; the new place.")


class VersionComparison(Answer):
    """The differences of two versions, at most 1,000 of `total`."""

    model_config = example(
        old=_VERSION,
        new=_VERSION | {"number": 2},
        total=1,
        differences=[
            {
                "what": "parameter",
                "change": "changed",
                "path": "density of org/dates",
                "name": "density",
                "filter": None,
                "places": [_PLACE],
                "everywhere": False,
                "old": 0.5,
                "new": 0.6,
            }
        ],
    )

    old: ComparedVersion
    new: ComparedVersion
    total: int
    differences: list[RecipeDifference]
