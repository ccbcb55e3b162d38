"""Tiny Llama models with a tokenizer, an adapter and a task: real files, made in a second."""

from __future__ import annotations

import json
import string
from pathlib import Path

import torch
from safetensors.torch import save_file
from tiny_task import write_task
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

WORDS = ["<pad>", "<s>", "</s>", "<unk>", *string.ascii_lowercase, *string.digits]


def llama(seed: int, *, hidden: int = 32, layers: int = 2) -> LlamaForCausalLM:
    """A random model with the given size."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(WORDS),
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=128,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )
    return LlamaForCausalLM(config).to(torch.bfloat16)


def tokenizer() -> PreTrainedTokenizerFast:
    """A tokenizer with one token for each character."""
    vocabulary = {word: index for index, word in enumerate(WORDS)}
    model = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    model.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    return PreTrainedTokenizerFast(
        tokenizer_object=model,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
    )


def write_model(folder: Path, seed: int, **size: int) -> None:
    llama(seed, **size).save_pretrained(folder)
    tokenizer().save_pretrained(folder)


def write_adapter(folder: Path, seed: int, *, hidden: int = 32, layers: int = 2) -> None:
    """Write a LoRA adapter of rank 2 for the query projections, in PEFT's layout."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {}
    for layer in range(layers):
        module = f"base_model.model.model.layers.{layer}.self_attn.q_proj"
        tensors[f"{module}.lora_A.weight"] = torch.randn((2, hidden), generator=generator) * 0.1
        tensors[f"{module}.lora_B.weight"] = torch.randn((hidden, 2), generator=generator) * 0.1
    folder.mkdir()
    save_file(tensors, folder / "adapter_model.safetensors")
    config = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 2, "lora_alpha": 4}
    config |= {"target_modules": ["q_proj"], "base_model_name_or_path": "base"}
    (folder / "adapter_config.json").write_text(json.dumps(config))


def write_all(root: Path) -> None:
    """Write `base`, `left`, `right`, an adapter of the base, and `deep-*` with many layers."""
    for seed, name in enumerate(("base", "left", "right")):
        write_model(root / name, seed)
        write_model(root / f"deep-{name}", seed, hidden=16, layers=80)
    write_adapter(root / "adapter", seed=9)
    write_task(root / "tasks")
