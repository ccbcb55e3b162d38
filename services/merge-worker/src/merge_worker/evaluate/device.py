"""Where a model is evaluated: the device, the element type, and how many rows go in at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SHARE: Final = 0.5
"""How much of the free GPU memory the first batch may fill; activations need the rest."""
ROW_TOKENS: Final = 1024
"""Tokens of an item, assumed before the items are known."""
LOGIT_BYTES: Final = 8
"""Bytes for each token and entry of the vocabulary: the logits in float32, and their softmax."""
LARGEST: Final = 64
"""Rows in a batch. More save little time, even on a large GPU."""

# On a CPU. Generation reads all weights for each token, so many rows should share that cost.
# Likelihoods keep a row of the vocabulary for each token of each item, which must fit into memory.
CPU_BATCH: Final = 16
GENERATES: Final = "generate_until"


@dataclass(frozen=True)
class Way:
    """The device that a model is loaded on, in PyTorch's name, and its element type there."""

    device: str
    dtype: str

    @property
    def on_gpu(self) -> bool:
        """Whether the device is a GPU."""
        return self.device != "cpu"


ON_CPU: Final = Way("cpu", "float32")
ON_GPU: Final = Way("cuda:0", "auto")
"""In the type that the model is stored in, usually bfloat16. A run sees a single GPU."""


def batch_size(way: Way, output_type: str, free: int | None, vocabulary: int) -> int:
    """Return how many rows to begin with; if they are too many, the harness halves them.

    `free` is how many bytes of the GPU's memory are free, if known, with the model loaded.
    """
    if output_type == GENERATES:
        return LARGEST
    if not way.on_gpu:
        return CPU_BATCH
    if free is None:
        return LARGEST
    row = ROW_TOKENS * LOGIT_BYTES * max(1, vocabulary)
    return max(1, min(LARGEST, int(free * SHARE / row)))


def memory_fraction(limit: int | None, total: int) -> float:
    """The share of a GPU's memory that the operator's limit allows."""
    return 1.0 if limit is None else min(1.0, limit / total)
