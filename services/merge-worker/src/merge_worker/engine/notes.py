"""What the user of a merge should know about it, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mergehub.recipe.reference import ModelRef

from .buffers import is_buffer
from .differences import differing_settings
from .ingredients import Ingredient
from .laying import Output
from .parts import Copy
from .plan import PlannedTensor

NAMED = 3
"""Tensors that a note names at most."""


def left_out(
    output: Output, tensors: Sequence[PlannedTensor], opened: Mapping[ModelRef, Ingredient]
) -> Iterator[str]:
    """What is not merged: the modules copied, and what of the models has no place in the output."""
    if output.module is not None:
        copied = [each.name for each in output.wanted if isinstance(each, Copy)]
        copied = [name for name in copied if not is_buffer(name)]
        if copied:
            yield (
                f"only {output.module} is merged; the other {len(copied)} tensors "
                f"({_few(copied)}) are copied from {output.definer.reference}"
            )
    if output.stacked:
        return
    made = {tensor.name for tensor in tensors}
    for ingredient in opened.values():
        extra = [name for name in ingredient.names if name not in made]
        if extra:
            yield f"{ingredient.reference} has tensors that the output has not: {_few(extra)}"


def rewritten(output: Output) -> Iterator[str]:
    """Which keys of the configuration the output's layers depend on."""
    if output.written:
        yield (
            f"what a layer does followed from its place; {', '.join(output.written)} in the "
            "output's config.json now says it layer by layer: run the output with a release of "
            "transformers that reads it"
        )


def differing(output: Output, opened: Mapping[ModelRef, Ingredient]) -> Iterator[str]:
    """Where a model was made for other settings than the output is run with."""
    for ingredient in opened.values():
        if settings := differing_settings(ingredient, output.definer, output.settled):
            yield (
                f"{ingredient.reference} was made for {settings}; the output's configuration is "
                f"that of {output.definer.reference}"
            )


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
