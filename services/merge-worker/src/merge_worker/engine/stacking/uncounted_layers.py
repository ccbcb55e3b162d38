"""Models whose weights hold another number of layers than their configurations say."""

from __future__ import annotations

from typing import Final

from merge_worker.engine.errors import PlanError
from merge_worker.engine.ingredients.opened import Ingredient
from merge_worker.engine.models.layers import Stack, counts, sense_of, text_depths

FURTHER: Final = "num_nextn_predict_layers"
"""How many layers follow the stack, numbered on from its depth, to predict further tokens."""


def why_no_more(stack: Stack, ingredient: Ingredient) -> str:
    """Why a model has other layers to cut than its files or its configuration show, as the end
    of a sentence; "" if they agree."""
    if stack.beyond:
        return (
            f": that is how many its configuration counts; its weights hold {stack.beyond} more, "
            "which are not run with them"
        )
    said = [(key, d) for key, d in text_depths(ingredient.checkpoint.config) if d > stack.depth]
    if said and not sense_of(stack.prefix):
        key, depth = said[0]
        return (
            f": its configuration says {key}: {depth}, but its weights hold {stack.depth} "
            f"({stack.prefix}*), which its layers share, so they cannot be stacked one by one"
        )
    return ""


def check_known(stack: Stack, ingredient: Ingredient) -> None:
    """Check that layers beyond a stack may move with its end: it is known how they are found.

    Raises:
        PlanError: it is not.
    """
    config = ingredient.checkpoint.config
    if stack.beyond and stack.beyond not in counts(config, FURTHER):
        key, depth = text_depths(config)[0]
        raise PlanError(
            f"the configuration of {ingredient.reference} says {key}: {depth}, and its weights "
            f"hold {stack.depth + stack.beyond} layers ({stack.prefix}*); what the others are for "
            f"is not known ({FURTHER} does not say {stack.beyond}), so its layers do not stack: "
            "correct its config.json, or take the other layers out of its weights"
        )
