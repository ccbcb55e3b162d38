"""Recipe text to `Recipe`, with everything that is wrong with it told at once."""

from __future__ import annotations

from itertools import islice
from typing import Any, NamedTuple

from .advice import advise
from .document import Loaded, check_plain, load_documents
from .faults import MAX_FAULTS, Fault, RecipeError
from .rules import broken_rules
from .schema import Recipe
from .structure import read_structure


class ParsedRecipe(NamedTuple):
    """A recipe, and what its author should know though it is acceptable."""

    recipe: Recipe
    warnings: tuple[Fault, ...]


def parse_recipe(text: str) -> Recipe:
    """Read one recipe from YAML (or JSON, which is YAML).

    Raises:
        RecipeError: with every fault found.
    """
    return parse_with_warnings(text).recipe


def parse_with_warnings(text: str) -> ParsedRecipe:
    """Read one recipe, and say what in it does less than it seems to.

    Raises:
        RecipeError: with every fault found.
    """
    documents = load_documents(text)
    if len(documents) > 1:
        message = f"the text holds {len(documents)} YAML documents, and a recipe is one"
        raise RecipeError([Fault("", "several-documents", message, "split it at the '---' lines")])
    return _parsed(documents[0] if documents else Loaded(None, ()))


def parse_recipes(text: str) -> tuple[Recipe, ...]:
    """Read every recipe of a text of several YAML documents, as mergekit-multi does.

    Raises:
        RecipeError: with the faults of the first document that has any.
    """
    return tuple(_parsed(document).recipe for document in load_documents(text))


def check_document(data: Any) -> ParsedRecipe:
    """Read a recipe that is plain data already, such as the JSON of a request.

    Raises:
        RecipeError: with every fault found.
    """
    check_plain(data)
    return _parsed(Loaded(data, ()))


def _parsed(document: Loaded) -> ParsedRecipe:
    recipe = read_structure(document.data)
    found = list(document.faults)
    if not isinstance(recipe, Recipe):
        found += recipe
    if isinstance(document.data, dict):
        found += islice(broken_rules(document.data), MAX_FAULTS)
    if found or not isinstance(recipe, Recipe):
        raise RecipeError(list(dict.fromkeys(found))[:MAX_FAULTS])
    return ParsedRecipe(recipe, advise(recipe))
