"""Small Llama models whose task vectors have no equal magnitudes, so that every choice is clear.

Every value is a multiple of 2⁻²⁷ below 1/8, so that float32 holds it and every task vector exactly.
Within a tensor, a fifth of a task vector is zero and no two other elements have the same magnitude.
They have heavy tails: a Laplace distribution whose scale differs by row.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

GRID = 2.0**-27
UNCHANGED = 0.2
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Size:
    """The size of a model; all counts are odd, so that a quartile of a tensor is an element."""

    layers: int
    hidden: int
    feed_forward: int
    vocabulary: int

    def shapes(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Every tensor of the model and its shape."""
        hidden, wide = self.hidden, self.feed_forward
        yield "model.embed_tokens.weight", (self.vocabulary, hidden)
        for layer in range(self.layers):
            prefix = f"model.layers.{layer}."
            yield f"{prefix}input_layernorm.weight", (hidden,)
            for name in "qkvo":
                yield f"{prefix}self_attn.{name}_proj.weight", (hidden, hidden)
            yield f"{prefix}post_attention_layernorm.weight", (hidden,)
            yield f"{prefix}mlp.gate_proj.weight", (wide, hidden)
            yield f"{prefix}mlp.up_proj.weight", (wide, hidden)
            yield f"{prefix}mlp.down_proj.weight", (hidden, wide)
        yield "model.norm.weight", (hidden,)
        yield "lm_head.weight", (self.vocabulary, hidden)

    def config(self) -> dict[str, object]:
        """The model's config.json."""
        return {
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "hidden_size": self.hidden,
            "intermediate_size": self.feed_forward,
            "num_hidden_layers": self.layers,
            "num_attention_heads": 1,
            "num_key_value_heads": 1,
            "head_dim": 2,
            "vocab_size": self.vocabulary,
            "tie_word_embeddings": False,
        }

    def tokenizer(self) -> dict[str, object]:
        """A tokenizer of one word per row of the embedding."""
        words = {f"w{i}": i for i in range(self.vocabulary)}
        return {
            "version": "1.0",
            "added_tokens": [],
            "pre_tokenizer": {"type": "Whitespace"},
            "model": {"type": "WordLevel", "vocab": words, "unk_token": "w0"},
        }


CASE_SIZE = Size(layers=6, hidden=65, feed_forward=129, vocabulary=257)


def recipe_size(layers: int) -> Size:
    """As small as it gets, for recipes that stack many layers."""
    return Size(layers, hidden=17, feed_forward=25, vocabulary=33)


def write_model(folder: Path, kind: str, size: Size) -> None:
    """Write the model of that kind unless it is there.

    The kinds are `base`, `zero` and `far` (another base); `near` and `wide`, the base with small
    and with very large deltas; `against-x`, the base minus the deltas of `x`; and `twin-x`, a copy
    of `x`. Any other name gives a fine-tune of its own. A kind that ends in `.bf16` is stored in
    bfloat16.
    """
    if folder.exists():
        return
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(size.config()))
    (folder / "tokenizer.json").write_text(json.dumps(size.tokenizer()))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "w0"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    name, _, stored = kind.partition(".")
    dtype = torch.bfloat16 if stored == "bf16" else torch.float32
    tensors = {
        tensor: torch.from_numpy(_values(name, tensor, shape)).to(dtype)
        for tensor, shape in size.shapes()
    }
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def _values(kind: str, tensor: str, shape: tuple[int, ...]) -> NDArray[np.floating[Any]]:
    base = _base("base", tensor, shape) * GRID
    match kind.split("-"):
        case ["base"]:
            return base
        case ["zero"]:
            return np.zeros(shape)
        case ["far"]:
            return _base(kind, tensor, shape) * GRID
        case ["wide"]:
            return base + _generator(kind, tensor).standard_normal(shape)
        case ["near"]:
            return base + _delta(kind, tensor, shape, 5e-5) * GRID
        case ["against", other]:
            return base - _delta(other, tensor, shape) * GRID
        case ["twin", other]:
            return _values(other, tensor, shape)
        case _:
            return base + _delta(kind, tensor, shape) * GRID


def _generator(kind: str, tensor: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(f"{kind} {tensor}".encode()))


def _base(kind: str, tensor: str, shape: tuple[int, ...]) -> Integers:
    values = _generator(kind, tensor).standard_normal(shape) * 0.02
    return np.rint(values.clip(-0.08, 0.08) / GRID).astype(np.int64)


def _delta(kind: str, tensor: str, shape: tuple[int, ...], scale: float = 0.003) -> Integers:
    rng = _generator(kind, tensor)
    scales = scale * np.exp(rng.normal(0, 0.5, (shape[0],) + (1,) * (len(shape) - 1)))
    sizes = _told_apart(rng.laplace(0, 1, shape) * scales)
    sizes[rng.random(shape) < UNCHANGED] = 0
    return sizes


def _told_apart(values: NDArray[np.float64]) -> Integers:
    """The values in units of the grid, no two of the same magnitude."""
    sizes = np.rint(np.abs(values).clip(0, 0.04) / GRID).astype(np.int64).ravel()
    order, steps = np.argsort(sizes), np.arange(sizes.size)
    sizes[order] = np.maximum.accumulate(sizes[order] - steps) + steps + 1
    return np.where(values < 0, -1, 1) * sizes.reshape(values.shape)
