"""Reads a text once for all its continuations, and then only the continuations.

A question with four answers goes through the model once instead of four times. The likelihoods are
those of the whole rows up to the rounding of float32: the model continues from its own cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import torch
from torch.nn.functional import log_softmax

from .batches import Encoded

ALIKE: Final = 1e-3
"""How far two likelihoods may differ, as logarithms, to count as the same computation."""


def shared_likelihoods(model: Any, asked: Sequence[Encoded]) -> list[tuple[float, bool]]:
    """The logarithm of each continuation's likelihood, and whether it is the most likely one.

    The requests come context by context; all contexts have the same length, and equally many
    continuations.
    """
    contexts = list(dict.fromkeys(each.context for each in asked))
    each_has = len(asked) // len(contexts)
    with torch.no_grad():
        read = model(torch.tensor(contexts), use_cache=True, logits_to_keep=1)
        first = log_softmax(read.logits[:, -1].float(), -1).repeat_interleave(each_has, 0)
        rest = _continued(model, read.past_key_values, each_has, asked)
    return [
        _likelihood(each.continuation, first[row], rest[row] if rest is not None else None)
        for row, each in enumerate(asked)
    ]


def agree(model: Any, asked: Sequence[Encoded], plain: Sequence[tuple[float, bool]]) -> bool:
    """Whether sharing gives what whole rows gave; a model without such a cache cannot share."""
    try:
        shared = shared_likelihoods(model, asked)
    except (AttributeError, IndexError, NotImplementedError, RuntimeError, TypeError, ValueError):
        return False
    pairs = zip(shared, plain, strict=True)
    return all(abs(ours[0] - theirs[0]) <= ALIKE * max(1, abs(theirs[0])) for ours, theirs in pairs)


def _continued(model: Any, cache: Any, each_has: int, asked: Sequence[Encoded]) -> Any:
    """The logarithms of likelihoods after each token of the continuations but their last."""
    longest = max(len(each.continuation) for each in asked)
    if longest == 1:
        return None
    cache.batch_repeat_interleave(each_has)
    tokens = torch.zeros(len(asked), longest - 1, dtype=torch.long)
    for row, each in enumerate(asked):
        tokens[row, : len(each.continuation) - 1] = torch.tensor(each.continuation[:-1])
    logits = model(tokens, past_key_values=cache, use_cache=True).logits
    return log_softmax(logits.float(), -1)


def _likelihood(continuation: tuple[int, ...], first: Any, rest: Any) -> tuple[float, bool]:
    steps = first[None]
    if len(continuation) > 1:
        steps = torch.cat([steps, rest[: len(continuation) - 1]])
    wanted = torch.tensor(continuation)
    likelihood = steps.gather(1, wanted[:, None]).sum()
    return float(likelihood), bool((steps.argmax(-1) == wanted).all())
