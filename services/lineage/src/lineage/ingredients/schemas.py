"""The question about models that are to be merged, and its answer."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from lineage.answers.schemas import (
    AS_OF,
    InheritedFlag,
    InheritedLicence,
    LicenceConflict,
    LicenceExclusion,
    Named,
)
from lineage.models.models import NAME_LENGTH
from mergehub.contracts.examples import example
from mergehub.contracts.messages import Answer, Message

MOST_MODELS = 100
MOST_GROUPS = 20
MOST_FLAGS = 10
MOST_ORIGINALS = 3
MOST_LICENCES = 50
"""How many flags and originals of a model, and how many broken licences, an answer has at most."""

Reference = Annotated[
    str,
    Field(
        min_length=1,
        max_length=NAME_LENGTH,
        description="A model as recipes name it: `org/name`, `org/name@revision`, `base+adapter`.",
    ),
]


class IngredientGroup(Message):
    """Models that are merged with one another, and the base of their task vectors, if any."""

    models: list[Reference] = Field(min_length=1, max_length=MOST_MODELS)
    base: Reference | None = None


class IngredientsAsked(Message):
    """The groups of a recipe; `models` are those in none of them, such as adapters."""

    model_config = example(
        groups=[{"models": ["org/dates", "org/units"], "base": "org/base"}], models=[]
    )

    groups: list[IngredientGroup] = Field(max_length=MOST_GROUPS)
    models: list[Reference] = Field(default_factory=list, max_length=MOST_MODELS)

    @model_validator(mode="after")
    def _few(self) -> IngredientsAsked:
        if len(self.references) > MOST_MODELS:
            raise ValueError(f"must name at most {MOST_MODELS} different models")
        return self

    @property
    def references(self) -> list[str]:
        """Every model that is named, once."""
        grouped = (each for group in self.groups for each in (group.base, *group.models))
        return list(dict.fromkeys(each for each in (*grouped, *self.models) if each is not None))


class Ingredient(Named):
    """A model that the hub knows; `asked` is how the question names it.

    - `parameters`: how many weights it has, null if the hub does not know.
    - `originals`: the models without parents that it came from, at most three.
    - `flags`: the nearest flags of it and its ancestors, at most ten.
    """

    asked: str
    parameters: int | None
    originals: list[Named]
    flags: list[InheritedFlag]


class GroupKinship(Answer):
    """How the models of a group are related, by `rule`.

    - `compared`: those whose origin is known, as the question names them.
    - `apart`: those of them that did not come from the group's base, if the hub knows that.
    - `shared`: the nearest model that all of them came from.
    """

    compared: list[str]
    apart: list[str]
    shared: Named | None


class Ingredients(Answer):
    """What is known of the models; `groups` are in the order of the question.

    `inherited` are the licences that a merge of all of them would inherit, at most fifty; the other
    three are of them: those that allow no merge to be passed on, those that are broken already, and
    those that no licence of the merge can keep both.
    """

    rule: str
    models: list[Ingredient]
    unknown: list[str]
    groups: list[GroupKinship]
    inherited: list[InheritedLicence]
    forbidding: list[InheritedLicence]
    conflicts: list[LicenceConflict]
    exclusions: list[LicenceExclusion]
    as_of: int = AS_OF
