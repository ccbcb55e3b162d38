"""Where a model is evaluated: the device, the element type, and how many rows go in at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

SHARE: Final = 0.5
"""How much of the free memory a batch may fill; what the estimate leaves out needs the rest."""
LARGEST: Final = 64
"""Rows in a batch. More save little time, even on a large GPU."""

# On a CPU. Generation reads all weights for each token, so many rows should share that cost; a
# likelihood gains nothing from more rows than fill the caches.
CPU_ROWS: Final = 16
GENERATES: Final = "generate_until"
NEW_TOKENS: Final = 256
"""Tokens that the harness lets a model generate, unless a task says otherwise."""

LOGIT_BYTES: Final = 8
"""Bytes for each entry of the vocabulary: a logit in float32, and its logarithm."""
WORK: Final = 24
"""Widths of a layer that the arithmetic on one token holds at a time: attention, both halves of a
gated layer of four times the width, and their copies."""


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


@dataclass(frozen=True)
class Footprint:
    """The bytes that one token of a row takes while it goes through a model.

    `kept` is for every token: its part of the cache, and the work of a layer. `scored` is for each
    token whose successor is scored.
    """

    kept: int
    scored: int

    @classmethod
    def of(cls, config: Mapping[str, Any], vocabulary: int, width: int) -> Footprint:
        """From a model's configuration; `width` is the bytes of an element."""
        size = _number(config, "hidden_size", "n_embd", "d_model")
        layers = _number(config, "num_hidden_layers", "n_layer", "num_layers")
        heads = _number(config, "num_attention_heads", "n_head", "num_heads")
        of_cache = _number(config, "num_key_value_heads", default=heads)
        head = _number(config, "head_dim", default=max(1, size // max(1, heads)))
        cache = 2 * layers * of_cache * head
        return cls(width * (cache + WORK * size), LOGIT_BYTES * max(1, vocabulary))


@dataclass(frozen=True)
class Batching:
    """How many rows to begin with; a batch that turns out too large is divided.

    `free` is how many bytes are free with the model loaded, or None if that is unknown.
    """

    way: Way
    footprint: Footprint
    free: int | None

    def scoring(self, scored: int) -> Rows:
        """For likelihoods of which at most `scored` tokens of a row are scored."""
        most = LARGEST if self.way.on_gpu else CPU_ROWS
        return Rows(most, self.footprint.kept, scored * self.footprint.scored, self.free)

    def generating(self, new: int) -> Rows:
        """For rows that are continued by at most `new` tokens."""
        fixed = self.footprint.scored + new * self.footprint.kept
        return Rows(LARGEST, self.footprint.kept, fixed, self.free)


@dataclass(frozen=True)
class Rows:
    """At most `most` rows, and no more than fit into a share of the memory that is `free`."""

    most: int
    token: int
    fixed: int
    free: int | None

    def __call__(self, length: int) -> int:
        """How many rows of `length` tokens may go through the model together."""
        if self.free is None:
            return self.most
        return max(1, min(self.most, int(self.free * SHARE / (length * self.token + self.fixed))))


def memory_fraction(limit: int | None, total: int) -> float:
    """The share of a GPU's memory that the operator's limit allows."""
    return 1.0 if limit is None else min(1.0, limit / total)


def _number(config: Mapping[str, Any], *names: str, default: int = 1) -> int:
    """The first of these that a configuration has as a number."""
    found = (config.get(name) for name in names)
    return next((each for each in found if isinstance(each, int) and each > 0), default)
