"""Reading and checking a recipe's text, without storing it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from mergehub.kit.problems.problem import FieldFault, Invalid
from mergehub.recipe import (
    Fault,
    ModelRef,
    RecipeError,
    canonical,
    digest_of,
    ingredients,
    references,
)
from mergehub.recipe.parse import check_to_merge, one_document
from mergehub.recipe.yaml.events import Loaded

T = TypeVar("T")

SHORT = 1000  # characters: half a millisecond, or about ten if all in them is wrong


class RecipeInvalid(Invalid):
    """The recipe has faults; `errors` lists all of them at once."""

    code, title = "recipe-invalid", "The recipe is not valid"
    remedy = "Fix each fault: after the `#`, its `pointer` gives the place in the YAML document."


@dataclass(frozen=True)
class Content:
    """What is stored of a valid recipe.

    `canonical` is JSON by RFC 8785; `ingredients` are merged.
    """

    source: str
    canonical: str
    digest: str
    method: str
    ingredients: Sequence[ModelRef | str]


@dataclass(frozen=True)
class CheckedRecipe(Content):
    """The facts about a valid recipe.

    `references` are all models that it names, also for a tokenizer.
    """

    ingredients: tuple[ModelRef, ...]
    references: tuple[ModelRef, ...]
    warnings: tuple[FieldFault, ...]


async def soon(text: str, read: Callable[[], T]) -> T:
    """What `read` makes of a text: in a thread, unless that would take longer than reading it.

    A text with aliases may stand for much more than its length.
    """
    short = len(text) <= SHORT and "*" not in text
    return read() if short else await asyncio.to_thread(read)


async def check(text: str, pointer: str = "/recipe") -> CheckedRecipe:
    """Check the recipe at `pointer` of a request's body.

    Raises:
        RecipeInvalid: the recipe has faults; the error lists all of them.
    """
    return await soon(text, lambda: checked(text, pointer))


def checked(text: str, pointer: str) -> CheckedRecipe:
    """The same as `check`, in the thread of the caller. Raises RecipeInvalid."""
    with faults_at(pointer):
        return facts(text, one_document(text), pointer)


def facts(text: str, document: Loaded, pointer: str) -> CheckedRecipe:
    """The facts about the recipe of a text that was read as `document`. Raises RecipeError."""
    recipe, warnings = check_to_merge(document)
    written = canonical(recipe)
    return CheckedRecipe(
        source=text,
        canonical=written.decode(),
        digest=digest_of(written),
        method=recipe.merge_method,
        ingredients=tuple(ingredients(recipe)),
        references=tuple(references(recipe)),
        warnings=tuple(as_seen(fault, pointer) for fault in warnings),
    )


@contextmanager
def faults_at(pointer: str) -> Iterator[None]:
    """Raise RecipeInvalid in the place of RecipeError, with the faults as clients see them."""
    try:
        yield
    except RecipeError as error:
        faults = [as_seen(fault, pointer) for fault in error.faults]
        count = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise RecipeInvalid(f"The recipe has {count}; see `errors`.", errors=faults) from None


def as_seen(fault: Fault, pointer: str) -> FieldFault:
    """A fault as clients see it: the part after the `#` points into the YAML document."""
    return FieldFault(
        pointer=f"{pointer}#{fault.path}",
        code=fault.code,
        detail=fault.message,
        suggestion=fault.suggestion,
        line=fault.line,
    )
