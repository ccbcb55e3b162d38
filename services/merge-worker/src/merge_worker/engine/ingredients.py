"""The ingredients of a merge opened: headers and configurations read, tensors found by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from mergehub.recipe.reference import ModelRef

from .adapter import LowRank, low_rank_updates
from .checkpoint import Checkpoint, open_adapter, open_checkpoint
from .errors import PlanError
from .header import Region
from .layers import Layout, find_layout
from .plan import PlannedModel
from .sources import Location, Sources

_HEAD: Final = re.compile(r"(^|\.)(lm_head|embed_out)\.weight$")
_EMBEDDING: Final = re.compile(
    r"(^|\.)(embed_tokens|wte|word_embeddings|tok_embeddings|embed_in|shared)\.weight$"
)
_OTHER_ROWS: Final = re.compile(
    r"(^|\.)(token_embeddings?|tokens_embed|word_embedding|embeddings?|emb|embed_tokens_per_layer"
    r"|output_layer)\.weight$|^output\.weight$|(^|\.)predictions\.decoder\.weight$"
)


@dataclass(frozen=True)
class Ingredient:
    """A model of the recipe, with its adapter if it has one."""

    reference: ModelRef
    location: Location
    checkpoint: Checkpoint
    adapter: Checkpoint | None
    adapter_location: Location | None
    updates: dict[str, LowRank]

    @cached_property
    def layout(self) -> Layout:
        """Its stacks of layers."""
        return find_layout(self.checkpoint.tensors, self.checkpoint.config)

    @cached_property
    def names(self) -> list[str]:
        """Its tensors in the order in which a model is run, without the copy of a tied matrix."""
        tied = self.checkpoint.tied and self.embedding is not None
        names = [n for n in self.checkpoint.tensors if not (tied and _HEAD.search(n))]
        return sorted(names, key=self.layout.sort_key)

    @cached_property
    def embedding(self) -> str | None:
        """The name of the input embedding."""
        return next((n for n in sorted(self.checkpoint.tensors) if _EMBEDDING.search(n)), None)

    def find(self, name: str) -> str | None:
        """The name under which a tensor is stored: its own, or the embedding's if tied to it."""
        if name in self.checkpoint.tensors:
            return name
        if _HEAD.search(name) and self.checkpoint.tied:
            return self.embedding
        return None

    def region(self, name: str) -> Region:
        """Where a tensor lies, by the name under which it is stored."""
        return self.checkpoint.tensors[name]

    @property
    def planned(self) -> PlannedModel:
        """What the plan keeps of it."""
        model = _planned(self.reference.without_adapter, self.location, self.checkpoint)
        if self.adapter is None or self.adapter_location is None or not self.reference.adapter:
            return model
        adapter = _planned(self.reference.adapter, self.adapter_location, self.adapter)
        return PlannedModel(**{**vars(model), "reference": str(self.reference), "adapter": adapter})


def is_vocabulary(name: str) -> bool:
    """Whether a tensor has one row per token."""
    return any(kind.search(name) for kind in (_HEAD, _EMBEDDING, _OTHER_ROWS))


def open_ingredient(reference: ModelRef, sources: Sources) -> Ingredient:
    """Open what a reference names; raises what `Sources.locate` and `open_checkpoint` raise.

    Raises:
        PlanError: the adapter changes a tensor that the model does not have, or of another shape.
    """
    location = sources.locate(reference.without_adapter)
    checkpoint = open_checkpoint(location.folder)
    if reference.adapter is None:
        return Ingredient(reference, location, checkpoint, None, None, {})
    adapter_location = sources.locate(reference.adapter)
    adapter = open_adapter(adapter_location.folder)
    updates = low_rank_updates(adapter)
    for name, update in updates.items():
        _check_update(reference, checkpoint, name, update)
    return Ingredient(reference, location, checkpoint, adapter, adapter_location, updates)


def _check_update(reference: ModelRef, model: Checkpoint, name: str, update: LowRank) -> None:
    region = model.tensors.get(name)
    if region is None:
        raise PlanError(f"the adapter of {reference} changes {name!r}, which its model lacks")
    if region.shape != update.shape:
        raise PlanError(
            f"the adapter of {reference} changes {name!r} as if its shape were "
            f"{list(update.shape)}; it is {list(region.shape)}"
        )


def _planned(reference: ModelRef, location: Location, checkpoint: Checkpoint) -> PlannedModel:
    return PlannedModel(
        str(reference), location.kind, location.revision, checkpoint.folder, checkpoint.stamps
    )
