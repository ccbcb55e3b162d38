"""Synthetic Llama checkpoints in bf16: one base and fine-tunes with heavy-tailed deltas."""

from __future__ import annotations

import json
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


SIZES = {
    "0.1b": Shape(hidden=768, feed_forward=2048, layers=8),
    "0.5b": Shape(hidden=1280, feed_forward=3456, layers=22),
    "1.3b": Shape(hidden=2048, feed_forward=5504, layers=24),
}


def tensor_shapes(shape: Shape) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Every tensor of the model and its shape."""
    hidden, wide = shape.hidden, shape.feed_forward
    yield "model.embed_tokens.weight", (shape.vocabulary, hidden)
    for layer in range(shape.layers):
        prefix = f"model.layers.{layer}."
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            yield f"{prefix}self_attn.{name}.weight", (hidden, hidden)
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


def _fine_tune(base: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """The base plus Student-t noise (3 degrees of freedom): few large deltas, many small ones."""
    normal = torch.randn(base.shape, generator=generator)
    chi = torch.randn((3, *base.shape), generator=generator).square_().sum(0).div_(3).sqrt_()
    return (base.float() + 0.002 * normal / chi).to(torch.bfloat16)
