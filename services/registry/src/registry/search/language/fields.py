"""The fields that a query can ask for: help, documentation, parameters and faults come from here.

A parameter of a merge method, such as `density`, is a field as well: of the catalogue of methods.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["method", "model", "word", "choice", "number", "size", "date", "reproduced"]
"""How a field's values are written."""


@dataclass(frozen=True)
class Field:
    """A field: how it is written, what it means, and an example of a condition on it."""

    name: str
    kind: Kind
    meaning: str
    example: str
    choices: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def is_number(self) -> bool:
        """Whether its values have an order, so that `<`, `>` and ranges make sense."""
        return self.kind in ("number", "size", "date")


FIELDS = (
    Field("method", "method", "The merge method.", "method:ties"),
    Field(
        "base",
        "model",
        "The recipe's `base_model`: its whole name, or words of it.",
        "base:mistral",
    ),
    Field(
        "ingredient",
        "model",
        "A model that the recipe merges, its base included: its whole name, or words of it.",
        "ingredient:teknium/openhermes-2.5-mistral-7b",
        aliases=("model",),
    ),
    Field("owner", "word", "The handle of the recipe's owner.", "owner:ann"),
    Field("name", "word", "The whole name of the recipe.", "name:dates-and-units"),
    Field("tag", "word", "A tag.", "tag:german"),
    Field("domain", "word", "A domain.", "domain:maths"),
    Field(
        "licence",
        "word",
        "The recipe's licence, by its identifier.",
        "licence:apache-2.0",
        aliases=("license",),
    ),
    Field(
        "shape",
        "choice",
        "How the recipe is built: whole models, slices of layers, or modules.",
        "shape:slices",
        choices=("models", "slices", "modules"),
    ),
    Field(
        "visibility",
        "choice",
        "Who sees the recipe, of those that you may see.",
        "visibility:private",
        choices=("public", "unlisted", "private"),
    ),
    Field(
        "archived",
        "choice",
        "Archived recipes are left out unless the query asks for them.",
        "archived:yes",
        choices=("yes", "no"),
    ),
    Field(
        "ingredients",
        "number",
        "How many different models the recipe merges, its base included.",
        "ingredients:3..5",
    ),
    Field(
        "size",
        "size",
        "How many weights the merged model has, as far as lineage knows.",
        "size:7b..13b",
    ),
    Field("stars", "number", "How many accounts starred the recipe.", "stars>=3"),
    Field("forks", "number", "How many recipes were forked from it.", "forks>0"),
    Field(
        "uplift",
        "number",
        "The best uplift of a model that the recipe made, in points.",
        "uplift>1",
    ),
    Field(
        "reproductions",
        "number",
        "How often another account made the same model from the recipe.",
        "reproductions>=2",
    ),
    Field(
        "reproduced",
        "reproduced",
        "Whether another account made the same model from the recipe.",
        "reproduced:yes",
        choices=("yes", "no"),
    ),
    Field("created", "date", "When the recipe was published, in UTC.", "created>2026-01"),
)
"""Every field that is not a merge parameter. `reproduced` is read as `reproductions`."""
BY_NAME = {name: each for each in FIELDS for name in (each.name, *each.aliases)}
