"""Notes: what the user of a merge should know about it, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from merge_worker.engine.files.dtypes import CODES
from merge_worker.engine.ingredients.buffers import is_buffer
from merge_worker.engine.ingredients.differences import differing_settings
from merge_worker.engine.ingredients.opened import Ingredient
from merge_worker.engine.numpy_methods import MethodFile
from merge_worker.engine.plan import PlannedTensor
from mergehub.recipe.reference import ModelRef

from .groups import Copy, Wanted
from .laying import Output

NAMED = 3
"""The most tensors that a note names."""


def not_ours(method: str, file: MethodFile | None) -> Iterator[str]:
    """Yield the file that a merge depends on and that is not part of Mergehub."""
    if file is not None:
        yield (
            f"the method {method} is not part of Mergehub: it was read from {file.name} with the "
            f"SHA-256 {file.sha256}, without which the merge cannot be repeated"
        )


def left_out(
    output: Output, tensors: Sequence[PlannedTensor], opened: Mapping[ModelRef, Ingredient]
) -> Iterator[str]:
    """Yield what is not merged: copied modules, and tensors that have no place in the output."""
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
            yield f"{ingredient.reference} has tensors that the output lacks: {_few(extra)}"


def unread(opened: Mapping[ModelRef, Ingredient]) -> Iterator[str]:
    """Yield which folders hold other weights than those that are read."""
    for reference, ingredient in opened.items():
        checkpoint = ingredient.checkpoint
        names = sorted(path.name for path in checkpoint.folder.glob("*.safetensors"))
        others = [n for n in names if n not in checkpoint.stamps and not n.startswith("adapter_")]
        if others:
            yield (
                f"{reference} also holds {_few(others)}, which the merge does not read, as "
                f"transformers does not; it reads {_few(sorted(checkpoint.stamps))}"
            )


def uncomputed(
    output: Output, tensors: Sequence[PlannedTensor], opened: Mapping[ModelRef, Ingredient]
) -> Iterator[str]:
    """Yield which tensors are copied from one model because their type cannot be computed with."""
    models, planned = list(opened), {tensor.name: tensor for tensor in tensors}
    copied: dict[ModelRef, list[str]] = {}
    for wanted in output.wanted:
        if isinstance(wanted, Wanted) and _is_uncomputed(wanted, opened):
            giver = models[planned[wanted.name].rows[0].model]
            copied.setdefault(giver, []).append(wanted.name)
    for giver, names in copied.items():
        yield f"{_few(names)}: integer tensors are not merged but copied from {giver}"


def _is_uncomputed(wanted: Wanted, opened: Mapping[ModelRef, Ingredient]) -> bool:
    """Whether several models have the tensor, and one in a type that cannot be computed with."""
    rows = dict(zip(wanted.group.models, wanted.names, strict=True))
    stored = [(opened[m], opened[m].find(name)) for m, name in rows.items() if m in opened]
    types = {ingredient.region(name).dtype for ingredient, name in stored if name}
    return len(stored) > 1 and not types <= CODES.keys()


def rewritten(output: Output) -> Iterator[str]:
    """Yield which new keys of the configuration the output's layers depend on."""
    if output.written:
        yield (
            f"what a layer does depended on its place; {', '.join(output.written)} in the "
            "output's config.json now says what each layer does: run the output with a release of "
            "transformers that reads it"
        )


def differing(output: Output, opened: Mapping[ModelRef, Ingredient]) -> Iterator[str]:
    """Yield which models were made for other settings than the output's."""
    for ingredient in opened.values():
        if settings := differing_settings(ingredient, output.definer, output.settled):
            yield (
                f"{ingredient.reference} was made for {settings}; the output's configuration is "
                f"that of {output.definer.reference}"
            )


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
