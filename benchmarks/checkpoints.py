"""Synthetic Llama checkpoints in bf16: one base and fine-tunes with heavy-tailed deltas."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file

FINE_TUNES = ("a", "b", "c")


@dataclass(frozen=True)
class Shape:
    hidden: int
    feed_forward: int
    layers: int
    vocabulary: int = 32_000
    keys: int | None = None
    """Width of keys and values, if it is not that of the queries."""


SIZES = {
    "tiny": Shape(hidden=8, feed_forward=16, layers=1, vocabulary=16),
    "0.1b": Shape(hidden=768, feed_forward=2048, layers=8),
    "0.5b": Shape(hidden=1280, feed_forward=3456, layers=22),
    "1.3b": Shape(hidden=2048, feed_forward=5504, layers=24),
    "7b": Shape(hidden=4096, feed_forward=11008, layers=32),
}
LLAMA_70B = Shape(hidden=8192, feed_forward=28672, layers=80, keys=1024)


def tensor_shapes(shape: Shape) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Every tensor of the model and its shape."""
    hidden, wide = shape.hidden, shape.feed_forward
    yield "model.embed_tokens.weight", (shape.vocabulary, hidden)
    for layer in range(shape.layers):
        prefix = f"model.layers.{layer}."
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            rows = shape.keys or hidden if name in ("k_proj", "v_proj") else hidden
            yield f"{prefix}self_attn.{name}.weight", (rows, hidden)
        yield f"{prefix}mlp.gate_proj.weight", (wide, hidden)
        yield f"{prefix}mlp.up_proj.weight", (wide, hidden)
        yield f"{prefix}mlp.down_proj.weight", (hidden, wide)
        yield f"{prefix}input_layernorm.weight", (hidden,)
        yield f"{prefix}post_attention_layernorm.weight", (hidden,)
    yield "model.norm.weight", (hidden,)
    yield "lm_head.weight", (shape.vocabulary, hidden)


def config(shape: Shape) -> dict[str, object]:
    """The model's config.json."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": shape.hidden,
        "intermediate_size": shape.feed_forward,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.hidden // 64,
        "num_key_value_heads": shape.hidden // 64,
        "vocab_size": shape.vocabulary,
        "rms_norm_eps": 1e-5,
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
    }


def _write(folder: Path, shape: Shape, tensors: dict[str, torch.Tensor]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config(shape), indent=2))
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def build(folder: Path, size: str) -> Path:
    """Write base and fine-tunes of `size` below `folder` unless they are there."""
    done = folder / size / "complete"
    if done.exists():
        return done.parent
    shape, generator = SIZES[size], torch.Generator().manual_seed(0)
    base = {
        name: (torch.randn(dims, generator=generator) * 0.02).to(torch.bfloat16)
        for name, dims in tensor_shapes(shape)
    }
    _write(folder / size / "base", shape, base)
    for name in FINE_TUNES:
        tuned = {key: _fine_tune(value, generator) for key, value in base.items()}
        _write(folder / size / name, shape, tuned)
    done.touch()
    return done.parent


def headers_only(folder: Path, shape: Shape, shards: int) -> Path:
    """A model whose files have headers and their full size, but no bytes on the disk."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config(shape), indent=2))
    tensors, weight_map = list(tensor_shapes(shape)), {}
    for number in range(shards):
        name = f"model-{number + 1:05}-of-{shards:05}.safetensors"
        entries: dict[str, object] = {}
        end = 0
        for tensor, dims in tensors[number::shards]:
            start, end = end, end + 2 * math.prod(dims)
            entries[tensor] = {"dtype": "BF16", "shape": dims, "data_offsets": [start, end]}
            weight_map[tensor] = name
        header = json.dumps(entries).encode()
        with (folder / name).open("wb") as file:
            file.write(len(header).to_bytes(8, "little") + header)
            file.truncate(8 + len(header) + end)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    return folder


def one_tensor(folder: Path, elements: int) -> Path:
    """A base and three fine-tunes of a single matrix with `elements` elements, made row by row."""
    columns = 8192
    for seed, name in enumerate(("base", *FINE_TUNES)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "config.json").write_text('{"model_type": "llama"}')
        size = 2 * elements
        entry = {
            "dtype": "BF16",
            "shape": [elements // columns, columns],
            "data_offsets": [0, size],
        }
        header = json.dumps({"weight": entry}).encode()
        generator, base = torch.Generator().manual_seed(0), torch.Generator().manual_seed(seed)
        with (folder / name / "model.safetensors").open("wb") as file:
            file.write(len(header).to_bytes(8, "little") + header)
            for _ in range(0, elements, 1 << 22):
                values = torch.randn(1 << 22, generator=generator) * 0.02
                if seed:
                    values += torch.randn(1 << 22, generator=base) * 0.002
                file.write(values.to(torch.bfloat16).view(torch.uint8).numpy().tobytes())
    return folder


def _fine_tune(base: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """The base plus Student-t noise (3 degrees of freedom): few large deltas, many small ones."""
    normal = torch.randn(base.shape, generator=generator)
    chi = torch.randn((3, *base.shape), generator=generator).square_().sum(0).div_(3).sqrt_()
    return (base.float() + 0.002 * normal / chi).to(torch.bfloat16)
