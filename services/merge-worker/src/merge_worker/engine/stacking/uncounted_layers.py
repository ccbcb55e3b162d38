"""Models whose weights have another number of layers than their configurations say."""

from __future__ import annotations

from typing import Final

from merge_worker.engine.errors import PlanError
from merge_worker.engine.ingredients.opened import Ingredient
from merge_worker.engine.models.layers import Stack, counts, sense_of, text_depths

FURTHER: Final = "num_nextn_predict_layers"
"""How many layers follow the stack, with the next numbers, to predict further tokens."""


def why_no_more(stack: Stack, ingredient: Ingredient) -> str:
    """Why a model has other layers to slice than its files or its configuration show, as the end of
    a sentence, or "" if they agree."""
    if stack.beyond:
        return (
            f": that is how many its configuration counts; its weights have {stack.beyond} more, "
            "which the model does not run"
        )
    said = [(key, d) for key, d in text_depths(ingredient.checkpoint.config) if d > stack.depth]
    if said and not sense_of(stack.prefix):
        key, depth = said[0]
        return (
            f": its configuration says {key}: {depth}, but its weights have {stack.depth} "
            f"({stack.prefix}*), which its layers share, so they cannot be stacked one by one"
        )
    return ""


def check_known(stack: Stack, ingredient: Ingredient) -> None:
    """Check that layers beyond a stack can move with its end: a key must count them.

    Raises:
        PlanError: no key does.
    """
    config = ingredient.checkpoint.config
    if stack.beyond and stack.beyond not in counts(config, FURTHER):
        key, depth = text_depths(config)[0]
        raise PlanError(
            f"the configuration of {ingredient.reference} says {key}: {depth}, but its weights "
            f"have {stack.depth + stack.beyond} layers ({stack.prefix}*); the purpose of "
            f"the others is unknown ({FURTHER} is not {stack.beyond}), so they cannot be stacked: "
            "correct its config.json, or remove the other layers from its weights"
        )
