"""Read recipe text as a `Recipe`, or report all of its faults together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from mergehub.recipe.checks.advice import advise
from mergehub.recipe.checks.bulk import too_much
from mergehub.recipe.checks.fitting import never_fits
from mergehub.recipe.checks.lookalikes import fenced, front_matter, of_another_kind
from mergehub.recipe.checks.merges import merges
from mergehub.recipe.checks.not_built import not_built
from mergehub.recipe.checks.rules import broken_rules
from mergehub.recipe.checks.structure import read_structure
from mergehub.recipe.checks.together import broken_together
from mergehub.recipe.yaml.document import check_plain, load_documents
from mergehub.recipe.yaml.events import Loaded
from mergehub.recipe.yaml.odd_characters import naming

from .faults import Fault, RecipeError, bounded
from .schema import Recipe


class ParsedRecipe(NamedTuple):
    """An acceptable recipe, and the warnings for its author."""

    recipe: Recipe
    warnings: tuple[Fault, ...]


def parse_recipe(text: str) -> Recipe:
    """Read one recipe from YAML (or JSON, which is YAML).

    Raises:
        RecipeError: with every fault found.
    """
    return parse_with_warnings(text).recipe


def parse_with_warnings(text: str) -> ParsedRecipe:
    """Read one recipe, with a warning for each thing that does less than it seems to.

    Raises:
        RecipeError: with every fault found.
    """
    return _parsed(one_document(text))


def parse_to_merge(text: str) -> ParsedRecipe:
    """Read one recipe that is about to be merged: what can never be merged is a fault, too.

    Raises:
        RecipeError: with every fault found.
    """
    return check_to_merge(one_document(text))


def check_to_merge(document: Loaded) -> ParsedRecipe:
    """Read the recipe of a document that is about to be merged, as `parse_to_merge` does.

    Raises:
        RecipeError: with every fault found.
    """
    parsed = _parsed(document)
    recipe = parsed.recipe
    found = [*not_built(recipe), *bounded(never_fits(recipe, merges(recipe)))]
    if found:
        raise RecipeError(_with_lines(found, document))
    return parsed


def parse_recipes(text: str) -> tuple[Recipe, ...]:
    """Read every recipe of a text of several YAML documents, as mergekit-multi does.

    Raises:
        RecipeError: with the faults of the first document that has any.
    """
    return tuple(_parsed(document).recipe for document in _documents(text))


def check_document(data: Any) -> ParsedRecipe:
    """Read a recipe that is plain data already, such as the JSON of a request.

    Raises:
        RecipeError: with every fault found.
    """
    check_plain(data)
    return _parsed(Loaded(data))


def one_document(text: str) -> Loaded:
    """Read a text as the plain data of one recipe, with the lines of its values.

    Raises:
        RecipeError: it is not YAML, not one document or beyond a limit.
    """
    documents = _documents(text)
    if len(documents) <= 1:
        return documents[0] if documents else Loaded(None)
    if strange := of_another_kind(documents[0].data):
        raise RecipeError([strange])
    message = f"the text holds {len(documents)} YAML documents; a recipe is one document"
    hint = "split it at the '---' lines and merge one recipe at a time"
    raise RecipeError([Fault("", "several-documents", message, hint)])


def _documents(text: str) -> list[Loaded]:
    if fault := front_matter(text):
        raise RecipeError([fault])
    try:
        return load_documents(text)
    except RecipeError as error:
        raise (fenced(text) or error) from None


def _parsed(document: Loaded) -> ParsedRecipe:
    if strange := of_another_kind(document.data):
        raise RecipeError([strange])
    if bulk := too_much(document.data):
        raise RecipeError([bulk])
    recipe = read_structure(document.data)
    unread = tuple(fault.path for fault in document.faults if fault.code in ("tag", "range"))
    further = (each for each in _faults(recipe, document.data) if not _within(each.path, unread))
    found = [*document.faults, *further]
    if found or not isinstance(recipe, Recipe):
        raise RecipeError(_with_lines(found, document))
    warnings = [*document.warnings, *advise(recipe, merges(recipe))]
    return ParsedRecipe(recipe, tuple(_with_lines(warnings, document)))


def _faults(recipe: Recipe | tuple[Fault, ...], data: Any) -> Iterator[Fault]:
    """Yield the faults of the shape and the rules, then, if there are none, of values together."""
    broken = list(bounded(broken_rules(data))) if isinstance(data, dict) else []
    if not isinstance(recipe, Recipe):
        strange = tuple(fault.path for fault in broken if fault.code == "unknown-parameter")
        yield from (fault for fault in recipe if not _within(fault.path, strange))
    elif not broken:
        yield from bounded(broken_together(recipe, merges(recipe)))
    yield from broken


def _within(path: str, places: tuple[str, ...]) -> bool:
    return any(path == each or path.startswith(f"{each}/") for each in places)


def _with_lines(faults: Iterable[Fault], document: Loaded) -> Iterator[Fault]:
    """Yield the faults with their lines, and name any invisible characters that they quote."""
    for fault in faults:
        hint = "; ".join(each for each in (fault.suggestion, naming(fault.message)) if each)
        line = fault.line or document.line(fault)
        yield replace(fault, line=line, suggestion=hint or None)
