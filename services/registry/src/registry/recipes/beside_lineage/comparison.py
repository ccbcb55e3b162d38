"""The models of one recipe, compared by what lineage knows of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Self

from mergehub.recipe import Fault, MethodSpec, catalogue
from mergehub.recipe.yaml.events import Loaded
from registry.recipes.beside_lineage.groups import Merged, merged_groups, question_of
from registry.recipes.beside_lineage.kinship import base_to_name, kinship_warnings
from registry.recipes.beside_lineage.lineage import Ingredients, Lineage

LineageState = Literal["answered", "unavailable", "not-asked"]
"""Whether lineage said what it knows of a recipe's models; `not-asked`: they are too many."""


@dataclass(frozen=True)
class Comparison:
    """The groups of a recipe, and once lineage was asked, its answer about them."""

    document: Loaded
    method: MethodSpec
    merged: list[Merged]
    known: Ingredients | None = None

    @classmethod
    def of(cls, document: Loaded) -> Self:
        """The recipe of a document; its method is in the catalogue.

        Raises:
            KeyError: it is not.
        """
        method = catalogue()[document.data["merge_method"]]
        return cls(document, method, merged_groups(document.data, method))

    async def asked(self, lineage: Lineage) -> Self:
        """With the answer of lineage, if it gives one."""
        question = question_of(self.merged)
        return (
            self if question is None else replace(self, known=await lineage.ingredients(question))
        )

    @property
    def state(self) -> LineageState:
        """Whether lineage answered."""
        if self.known is not None:
            return "answered"
        return "not-asked" if question_of(self.merged) is None else "unavailable"

    @property
    def unknown(self) -> list[str]:
        """The models that lineage does not know, as the recipe names them.

        Not an adapter by itself: lineage learns of the model that it makes of its base.
        """
        named = {name for each in self.merged for name in (*each.models, each.base)}
        return [name for name in self.known.unknown if name in named] if self.known else []

    def warnings(self, licence: str | None = None) -> list[Fault]:
        """What to warn of, each with its line in the text; `licence` is that of the recipe."""
        if self.known is None:
            return []
        found = kinship_warnings(self.merged, self.method, self.known, licence)
        return [replace(each, line=self.document.line(each)) for each in found]

    def missing_base(self) -> str | None:
        """The base that the models of a group share which lacks one."""
        kin = zip(self.merged, self.known.groups, strict=True) if self.known else ()
        shared = (base_to_name(each) for group, each in kin if group.base is None)
        return next(filter(None, shared), None)
