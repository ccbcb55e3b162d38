"""Opens the ingredients of a merge: reads headers and configurations, finds tensors by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from merge_worker.engine.errors import CheckpointError, EngineError, OutsideError, PlanError
from merge_worker.engine.files.dtypes import CODES
from merge_worker.engine.files.header import Region
from merge_worker.engine.files.licence import licence_of
from merge_worker.engine.files.reading import Within
from merge_worker.engine.models.adapter import LowRank, low_rank_updates
from merge_worker.engine.models.adapter_names import by_stored_name, unlike
from merge_worker.engine.models.checkpoint import Checkpoint, open_adapter, open_checkpoint
from merge_worker.engine.models.layers import Layout, find_layout, lacking_layers
from merge_worker.engine.models.sources import Location, Sources
from merge_worker.engine.plan import PlannedModel
from mergehub.recipe.reference import ModelRef

_HEAD: Final = re.compile(r"(^|\.)(lm_head|embed_out)\.weight$")
_EMBEDDING: Final = re.compile(
    r"(^|\.)(embed_tokens|wte|word_embeddings|tok_embeddings|embed_in|shared)\.weight$"
)
_OTHER_ROWS: Final = re.compile(
    r"(^|\.)(token_embeddings?|tokens_embed|word_embedding|embeddings?|emb|embed_tokens_per_layer"
    r"|output_layer)\.weight$|^output\.weight$|(^|\.)predictions\.decoder\.weight$"
)

MOST_TENSORS: Final = 2_000_000
"""The most tensors of all models; each takes a kilobyte. The largest models have 100,000."""

_Part = tuple[ModelRef, Callable[[Path, Within], Checkpoint]]
"""A model or an adapter, and the function that opens its folder."""
_Opened = tuple[Location, Checkpoint]


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
        """Its tensors in the order in which a model runs, without the copy of a tied matrix."""
        tied = self.checkpoint.tied and self.embedding is not None
        names = [n for n in self.checkpoint.tensors if not (tied and _HEAD.search(n))]
        return sorted(names, key=self.layout.sort_key)

    @cached_property
    def embedding(self) -> str | None:
        """The name of the input embedding."""
        return next((n for n in sorted(self.checkpoint.tensors) if _EMBEDDING.search(n)), None)

    def find(self, name: str) -> str | None:
        """The name under which a tensor is stored: its own, or the embedding's if it is tied."""
        if name in self.checkpoint.tensors:
            return name
        if _HEAD.search(name) and self.checkpoint.tied:
            return self.embedding
        return None

    def region(self, name: str) -> Region:
        """The place of a tensor, by the name under which it is stored."""
        return self.checkpoint.tensors[name]

    @property
    def planned(self) -> PlannedModel:
        """The plan's record of it."""
        model = _planned(self.reference.without_adapter, self.location, self.checkpoint)
        if self.adapter is None or self.adapter_location is None or not self.reference.adapter:
            return model
        adapter = _planned(self.reference.adapter, self.adapter_location, self.adapter)
        return PlannedModel(**{**vars(model), "reference": str(self.reference), "adapter": adapter})


def is_vocabulary(name: str) -> bool:
    """Whether a tensor has one row per token."""
    return any(kind.search(name) for kind in (_HEAD, _EMBEDDING, _OTHER_ROWS))


def open_all(
    references: Sequence[ModelRef], others: Iterable[ModelRef], sources: Sources
) -> dict[ModelRef, Ingredient]:
    """Open the models that are read, each file once; only locate the others.

    Raises:
        EngineError: one cannot be opened (see `Sources.locate`, `open_checkpoint` and
          `open_adapter`); if several cannot, the message names all.
        CheckpointError: a model has fewer layers than its configuration says.
        PlanError: an adapter changes a tensor that its model lacks or that has another shape; or
          there are more than MOST_TENSORS.
    """
    parts: dict[_Part, _Opened] = {}
    tensors = 0
    faults: list[EngineError] = []
    for part in dict.fromkeys(part for each in references for part in _parts(each)):
        with _noted(faults):
            parts[part] = _open(part, sources)
            tensors += len(parts[part][1].tensors)
        if tensors > MOST_TENSORS:
            raise PlanError(
                f"the models have more than {MOST_TENSORS} tensors in total; merge fewer at a time"
            )
    for reference in others:
        with _noted(faults):
            sources.locate(reference.without_adapter)
    if faults:
        raise _together(faults)
    found = {each: _ingredient(each, [parts[part] for part in _parts(each)]) for each in references}
    for ingredient in found.values():
        _check_depth(ingredient)
    return found


def _parts(reference: ModelRef) -> Iterator[_Part]:
    yield reference.without_adapter, open_checkpoint
    if reference.adapter is not None:
        yield reference.adapter, open_adapter


def _open(part: _Part, sources: Sources) -> _Opened:
    reference, opener = part
    location = sources.locate(reference)
    return location, opener(location.folder, location.within)


@contextmanager
def _noted(faults: list[EngineError]) -> Iterator[None]:
    try:
        yield
    except EngineError as error:
        faults.append(error)


def _together(faults: Sequence[EngineError]) -> EngineError:
    """Return one error with the messages of all of these."""
    sentences = list(dict.fromkeys(map(str, faults)))
    if len(sentences) == 1:
        return faults[0]
    kind = next((type(each) for each in faults if isinstance(each, OutsideError)), type(faults[0]))
    listed = "".join(f"\n- {sentence}" for sentence in sentences)
    return kind(f"{len(sentences)} models cannot be read:{listed}")


def _ingredient(reference: ModelRef, opened: Sequence[_Opened]) -> Ingredient:
    location, checkpoint = opened[0]
    if len(opened) == 1:
        return Ingredient(reference, location, checkpoint, None, None, {})
    adapter_location, adapter = opened[1]
    updates = by_stored_name(low_rank_updates(adapter), checkpoint.tensors, str(reference))
    ingredient = Ingredient(reference, location, checkpoint, adapter, adapter_location, updates)
    for name, update in updates.items():
        _check_update(ingredient, name, update)
    return ingredient


def _check_depth(ingredient: Ingredient) -> None:
    checkpoint = ingredient.checkpoint
    if lacking := lacking_layers(ingredient.layout, checkpoint.config):
        raise CheckpointError(
            f"{checkpoint.folder} lacks layers: {lacking}; download the model again"
        )


def _check_update(ingredient: Ingredient, name: str, update: LowRank) -> None:
    reference = ingredient.reference
    region = ingredient.checkpoint.tensors.get(name)
    if region is None:
        other = unlike(name, ingredient.checkpoint.tensors)
        stacks = ", ".join(f"{s.depth} in {s.prefix}*" for s in ingredient.layout.stacks[:3])
        raise PlanError(
            f"the adapter of {reference} changes {name!r}, which its model lacks "
            f"(layers: {stacks or 'none'}{other}); use the model that the adapter was trained on"
        )
    if region.dtype not in CODES:
        raise PlanError(
            f"the adapter of {reference} changes {name!r}, which is stored as {region.dtype}; "
            f"only {', '.join(CODES)} can be added to"
        )
    if region.shape != update.shape:
        raise PlanError(
            f"the adapter of {reference} expects {name!r} to have the shape "
            f"{list(update.shape)}, but it has {list(region.shape)}"
        )


def _planned(reference: ModelRef, location: Location, checkpoint: Checkpoint) -> PlannedModel:
    return PlannedModel(
        reference=str(reference),
        kind=location.kind,
        revision=location.revision,
        folder=checkpoint.folder,
        stamps=checkpoint.stamps,
        read=checkpoint.read,
        licence=licence_of(checkpoint.folder, location.within),
    )
