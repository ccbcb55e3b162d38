"""Checks whether models of different types compute the same with the same tensors.

Tensors of the same name and shape can have other meanings in a model of another type: Gemma adds
one to the weights of its norms, Granite scales what each layer adds, Helium and ERNIE rotate other
pairs of elements. A merge of such models loads and runs, but produces nonsense.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from merge_worker.engine.errors import PlanError
from merge_worker.engine.ingredients.modules import belongs
from merge_worker.engine.ingredients.opened import Ingredient
from merge_worker.engine.models.layers import Stack

from .restacking import sections_of

_FAMILIES: Final = (
    # Llama's layers; some have windows or biases, which keys and tensors show.
    frozenset({"llama", "mistral", "ministral", "cwm", "seed_oss", "qwen2"}),
    # BERT's layers; ERNIE's additional embeddings are separate tensors.
    frozenset({"bert", "ernie"}),
    # One implementation with four names: BERT's layers, with positions counted from the padding on.
    frozenset({"roberta", "xlm-roberta", "camembert", "data2vec-text"}),
    # One implementation with two names.
    frozenset({"t5", "mt5"}),
    frozenset({"deepseek_v3", "kimi_k2"}),
    # One decoder; their towers have tensors with other names.
    frozenset({"qwen2_vl", "qwen2_vl_text", "qwen2_5_vl", "qwen2_5_vl_text"}),
    # The same text model, alone or in a vision model.
    frozenset({"gemma3", "gemma3_text"}),
)
"""Model types whose layers compute the same with the same tensors and settings."""


def check_types(definer: Ingredient, others: Iterable[Ingredient], module: str | None) -> None:
    """Check that the models use tensors of equal names and shapes in the same way.

    A model without a model type counts as one of the others' type.

    Raises:
        PlanError: a model's type computes something else than the type of the model that defines
          the output.
    """
    own = dict(_types(definer, module))
    for other in others:
        for prefix, kind in _types(other, module):
            if not _same(own.get(prefix), kind):
                raise PlanError(
                    f"{definer.reference} is of model type {own[prefix]!r:.60} and "
                    f"{other.reference} of {kind!r:.60}: their tensors have equal names, but their "
                    "layers compute different things with them; merge models of one type"
                )


def _types(ingredient: Ingredient, module: str | None) -> Iterator[tuple[str, Any]]:
    """For each merged stack, its prefix and the type of the model that it belongs to."""
    config = ingredient.checkpoint.config
    for stack in ingredient.layout.stacks or (Stack("", 0),):
        if belongs(f"{stack.prefix}0", ingredient, module):
            section = next(iter(sections_of(config, stack)), config)
            yield stack.prefix, section.get("model_type") or config.get("model_type")


def _same(one: Any, other: Any) -> bool:
    return not one or not other or one == other or any({one, other} <= each for each in _FAMILIES)
