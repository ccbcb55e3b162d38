"""What an acceptable recipe asks for that no models can be merged by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mergehub.recipe.faults import Fault, excerpt, pointer
from mergehub.recipe.methods import MethodSpec, catalogue
from mergehub.recipe.schema import Recipe, SliceSource

from .merges import Merge


def never_fits(recipe: Recipe, merged: Sequence[Merge]) -> Iterator[Fault]:
    """Yield what a recipe that merges these asks for that no models can be merged by."""
    method = catalogue()[recipe.merge_method]
    for merge in merged:
        yield from _layers(merge)
        yield from _base_listed(merge, method)


def _layers(merge: Merge) -> Iterator[Fault]:
    """Check that the sources of one slice have the same number of layers."""
    counts = {len(each.layers) for each in merge.inputs if isinstance(each, SliceSource)}
    if len(counts) > 1:
        message = "these sources have different numbers of layers and cannot be merged"
        yield Fault(pointer(merge.path), "uneven-layers", message, "take as many from each")


def _base_listed(merge: Merge, method: MethodSpec) -> Iterator[Fault]:
    """Check that a base used in the arithmetic of a slice is one of its sources.

    Its layers can be chosen only there.
    """
    base, listed = merge.base, merge.models
    if base is None or method.base == "none" or merge.path[-1] != "sources":
        return
    if base not in listed and (method.base != "member" or method.joins(listed, base)):
        message = (
            f"the base model {excerpt(str(base))} is not among these sources, so its layers are "
            "unknown"
        )
        yield Fault(pointer(merge.path), "base-not-listed", message, "list it with a layer_range")
