"""A model made of tensors in memory: a merge that was never written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Final, Protocol

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, GenerationConfig
from transformers.models.auto.modeling_auto import MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES

from .answering import Answering
from .device import LARGEST, Way

GENERATION: Final = "generation_config.json"
TYPES: Final = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
}
"""PyTorch's types by the names of safetensors."""


class Held(Protocol):
    """A tensor in memory: its type as safetensors names it, its shape, its bytes."""

    @property
    def dtype(self) -> str: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def data(self) -> memoryview: ...


@dataclass(frozen=True)
class Assembled:
    """A model of tensors; `folder` has its configuration and tokenizer, and no weights.

    `tensors` makes them; what it returns is let go as soon as the model has taken it over.
    """

    folder: Path
    tensors: Callable[[], Mapping[str, Held]]

    def load(self, way: Way) -> Answering:
        """Build the model on the meta device, as transformers would from files, and fill it."""
        config = AutoConfig.from_pretrained(self.folder, trust_remote_code=False)
        model = _class_of(config).from_pretrained(
            None,
            config=config,
            state_dict={name: _tensor(each) for name, each in self.tensors().items()},
            dtype=way.dtype if way.dtype == "auto" else getattr(torch, way.dtype),
            device_map={"": way.device},
        )
        if (self.folder / GENERATION).is_file():
            model.generation_config = GenerationConfig.from_pretrained(self.folder)
        return Answering(
            pretrained=model,
            tokenizer=str(self.folder),
            batch_size=LARGEST,
            trust_remote_code=False,
        )


def _class_of(config: Any) -> Any:
    """The class of transformers for this configuration."""
    seq2seq = config.model_type in MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES
    auto: Any = AutoModelForSeq2SeqLM if seq2seq else AutoModelForCausalLM
    with torch.device("meta"):
        return type(auto.from_config(config, trust_remote_code=False))


def _tensor(held: Held) -> torch.Tensor:
    """The same bytes as a tensor; they are not copied."""
    if prod(held.shape) == 0:
        return torch.empty(held.shape, dtype=TYPES[held.dtype])
    return torch.frombuffer(held.data, dtype=TYPES[held.dtype]).reshape(held.shape)
