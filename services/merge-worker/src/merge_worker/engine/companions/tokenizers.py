"""Which model gives the output's tokenizer, and whether the other vocabularies agree with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from merge_worker.engine.errors import EngineError, NotSupportedError, PlanError
from merge_worker.engine.files.header import Region
from merge_worker.engine.ingredients.opened import Ingredient, is_vocabulary
from merge_worker.engine.models.checkpoint import weight_regions
from merge_worker.engine.models.sources import Sources
from merge_worker.engine.plan import PlannedTensor
from mergehub.recipe.reference import ModelRef
from mergehub.recipe.schema import Recipe

from .agreement import Difference, difference, listed
from .giver import Giver
from .rows import embedding_readers, embedding_rows
from .vocabulary import Vocabulary, read_vocabulary

Opened = Mapping[ModelRef, Ingredient]
SAME: Final = "same_token_ids: true"
NO_ROWS: Final = "the output has no rows for them"
SIZES: Final = "their rows are merged with what the others have there"


def tokenizer_giver(recipe: Recipe, opened: Opened, sources: Sources) -> Giver:
    """The model that the recipe names for the tokenizer, or the base, or the first model."""
    options = recipe.tokenizer_options
    named = options.source if options and isinstance(options.source, ModelRef) else None
    reference = named or recipe.base_model or next(iter(opened))
    known = opened.get(reference)
    return Giver(reference, known.location if known else sources.locate(reference))


def check_vocabularies(
    recipe: Recipe, opened: Opened, giver: Giver, tensors: Sequence[PlannedTensor]
) -> Iterator[str]:
    """Check the vocabularies and yield notes about them.

    Raises:
        PlanError: rows of different tokens would be merged.
        NotSupportedError: the recipe asks for rows to be moved or made.
        CheckpointError: a tokenizer is broken.
    """
    readers, rows = embedding_readers(tensors), embedding_rows(tensors)
    read = [reference for place, reference in enumerate(opened) if place in readers]
    standard, known = giver.reference, read_vocabulary(giver.location.folder)
    if known is None:
        standard, known = _first_known(read, opened)
        if known is None:
            return
        yield f"the output has no tokenizer: {giver.reference} has none, {standard} has one"
    else:
        yield from _beyond(giver, opened, known, rows)
    for reference, ingredient in opened.items():
        found = read_vocabulary(ingredient.checkpoint.folder) if reference != standard else None
        if found is not None:
            how = difference(known, found)
            if how and reference in read and not recipe.same_token_ids:
                _refuse(recipe, standard, reference, how)
            yield from _notes(recipe, standard, reference, how, reference in read, rows)


def unequal_rows(recipe: Recipe, found: str) -> EngineError:
    """Return the error of embeddings with different numbers of rows, which `found` describes."""
    if recipe.tokenizer_options is not None:
        return NotSupportedError(
            f"not built yet: reordering embedding rows to match the tokenizer. {found}"
        )
    return PlanError(
        f"{found}. Merge models with the same vocabulary; merging others token by token "
        "(tokenizer_source: union, base or a model) is not built yet"
    )


def _first_known(
    read: Sequence[ModelRef], opened: Opened
) -> tuple[ModelRef, Vocabulary] | tuple[ModelRef, None]:
    """Return the first of the models that has a vocabulary, or None."""
    for reference in read:
        if found := read_vocabulary(opened[reference].checkpoint.folder):
            return reference, found
    return next(iter(opened)), None


def _refuse(recipe: Recipe, standard: ModelRef, reference: ModelRef, how: Difference) -> None:
    """Refuse a difference that only moved or new embedding rows could resolve."""
    options = recipe.tokenizer_options
    union = options is not None and options.source == "union"
    if options and (how.moved or how.lacking or (union and how.extra)):
        raise NotSupportedError(
            "not built yet: reordering embedding rows to match the tokenizer. The "
            f"vocabulary of {reference} differs from that of {standard} "
            f"({how.example or listed(how.lacking or how.extra)}); if its ids mean the same "
            f"tokens, write {SAME}"
        )
    if how.moved:
        raise PlanError(
            f"the vocabularies of {standard} and {reference} differ in {how.moved} ids "
            f"({how.example}), so rows of different tokens would be merged. If the ids mean the "
            f"same tokens, write {SAME}; moving rows (tokenizer_source) is not built yet"
        )


def _notes(
    recipe: Recipe,
    standard: ModelRef,
    reference: ModelRef,
    how: Difference | None,
    read: bool,
    rows: int | None,
) -> Iterator[str]:
    another = f"{reference} has a different vocabulary from {standard}"
    if how is None:
        yield f"the vocabularies of {standard} and {reference} cannot be compared"
    elif how and not read:
        yield f"{another}; its embeddings are not read"
    elif how and recipe.same_token_ids:
        yield f"{another}; the recipe says that the ids mean the same"
    elif how:
        for tokens, end in _by_rows(how.lacking, rows):
            yield f"{reference} lacks {listed(tokens)}, which {standard} has; {end}"
        for tokens, end in _by_rows(how.extra, rows):
            yield f"{reference} has {listed(tokens)}, which {standard} lacks; {end}"


def _by_rows(tokens: Mapping[str, int], rows: int | None) -> Iterator[tuple[dict[str, int], str]]:
    """The tokens with rows in the output and those without, each with what that means."""
    within = {token: id_ for token, id_ in tokens.items() if rows is None or id_ < rows}
    beyond = {token: id_ for token, id_ in tokens.items() if token not in within}
    yield from ((some, end) for some, end in ((within, SIZES), (beyond, NO_ROWS)) if some)


def _beyond(giver: Giver, opened: Opened, known: Vocabulary, rows: int | None) -> Iterator[str]:
    """Yield notes about ids of the tokenizer for which the output has no rows.

    Raises:
        PlanError: the tokenizer's own model has more rows.
    """
    highest = max(known.tokens, default=-1)
    if rows is None or highest < rows:
        return
    reference = giver.reference
    found = (
        f"the tokenizer of {reference} has ids up to {highest}; the embeddings of the output have "
        f"{rows} rows"
    )
    own = opened[reference].checkpoint.tensors if reference in opened else _weights(giver)
    if any(is_vocabulary(name) and region.shape[:1] > (rows,) for name, region in own.items()):
        raise PlanError(
            f"{found}, and {reference} itself has more: the output could not embed all tokens; "
            "take the tokenizer from another model (base_model, tokenizer_source)"
        )
    yield found


def _weights(giver: Giver) -> Mapping[str, Region]:
    """The tensors of a model that is named for its tokenizer; empty if it has no weights."""
    try:
        return weight_regions(giver.location.folder)
    except EngineError:
        return {}
