"""The fields that a query can ask for: help, documentation, parameters and faults come from here.

A parameter of a merge method, such as `density`, is a field as well: of the catalogue of methods.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mergehub.recipe import catalogue
from mergehub.recipe.methods import ParameterSpec

Kind = Literal[
    "method", "model", "handle", "name", "label", "domain", "licence", "choice",
    "number", "size", "date", "flag",
]  # fmt: skip
"""How a field's values are written: the first eight are words, the others numbers."""


@dataclass(frozen=True)
class Field:
    """A field: how it is written, what it means, and an example of a condition on it."""

    name: str
    kind: Kind
    meaning: str
    example: str
    choices: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    is_parameter: bool = False

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers, so that it is asked for with bounds."""
        return self.kind in ("number", "size", "date", "flag")


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
    Field("owner", "handle", "The handle of the recipe's owner.", "owner:ann"),
    Field("name", "name", "The whole name of the recipe.", "name:dates-and-units"),
    Field("tag", "label", "A tag.", "tag:german"),
    Field("domain", "domain", "A domain, by its name or a synonym.", "domain:maths"),
    Field(
        "licence",
        "licence",
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
        "How many different models the recipe merges, its base included; a model with an adapter "
        "is one.",
        "ingredients:3..5",
    ),
    Field(
        "size",
        "size",
        "How many weights the merged model has, as far as lineage knows: as many as its base, or "
        "else as its largest ingredient. It is not known of a stack of slices.",
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
        "flag",
        "Whether another account made the same model from the recipe.",
        "reproduced:yes",
    ),
    Field("created", "date", "When the recipe was published, in UTC.", "created>2026-01"),
)
"""Every field that is not a merge parameter. `reproduced` is read as `reproductions`."""
BY_NAME = {name: each for each in FIELDS for name in (each.name, *each.aliases)}


def field_named(name: str) -> Field | None:
    """The field or merge parameter of this name."""
    return BY_NAME.get(name) or parameters().get(name)


def parameters() -> Mapping[str, Field]:
    """The parameters of all merge methods whose values are numbers, or yes or no, by name."""
    found: dict[str, Field] = {}
    for method in catalogue().values():
        for each in method.parameters:
            if each.type != "str" and found.get(each.name, _NONE).kind != "number":
                found[each.name] = _of_parameter(each)
    return found


def word_parameters() -> frozenset[str]:
    """The parameters of merge methods that no query can ask for, since their values are words."""
    return frozenset(
        each.name
        for method in catalogue().values()
        for each in method.parameters
        if each.type == "str"
    )


def _of_parameter(spec: ParameterSpec) -> Field:
    is_flag = spec.type == "bool"
    example = f"{spec.name}:yes" if is_flag else f"{spec.name}>0.5"
    kind: Kind = "flag" if is_flag else "number"
    return Field(spec.name, kind, spec.doc, example, is_parameter=True)


_NONE = Field("", "flag", "", "")
