"""Makes small real checkpoints to merge, and reads what a merge wrote.

Tensors are float32 arrays here; the writer chooses their storage type. The codecs are NumPy's (or
bit operations on its integers), not the engine's.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray
from safetensors import TensorSpec, deserialize, serialize_file

from merge_worker.engine import MergeOptions, MergeResult, Plan, Sources, merge, plan_merge
from mergehub.recipe import parse_recipe

F32 = NDArray[np.float32]
Tensors = dict[str, F32]
NAMES = {"BF16": "bfloat16", "F16": "float16", "F32": "float32"}


def store(values: NDArray[Any], dtype: str) -> NDArray[Any]:
    """The stored form of float32 values: rounded to nearest even."""
    if dtype != "BF16":
        return values.astype({"F16": np.float16, "F32": np.float32}[dtype])
    wide = values.astype(np.float32).view(np.uint32).astype(np.uint64)
    return ((wide + 0x7FFF + ((wide >> 16) & 1)) >> 16).astype(np.uint16)


def load(raw: bytes, dtype: str, shape: list[int]) -> F32:
    """The float32 values of stored bytes."""
    if dtype == "BF16":
        wide = np.frombuffer(raw, np.uint16).astype(np.uint32) << 16
        return wide.view(np.float32).reshape(shape)
    kind = {"F16": np.float16, "F32": np.float32}[dtype]
    return np.frombuffer(raw, kind).astype(np.float32).reshape(shape)


def rounded(values: NDArray[Any], dtype: str = "BF16") -> F32:
    """The float32 values, rounded to those that the type holds exactly."""
    stored = store(np.asarray(values, np.float32), dtype)
    return load(stored.tobytes(), dtype, list(np.shape(values)))


def write_tensors(path: Path, tensors: Mapping[str, NDArray[Any]], dtype: str) -> None:
    stored = {name: np.ascontiguousarray(store(values, dtype)) for name, values in tensors.items()}
    specs = {
        name: TensorSpec(
            dtype=NAMES[dtype],
            shape=list(tensors[name].shape),
            data_ptr=values.ctypes.data,
            data_len=values.nbytes,
        )
        for name, values in stored.items()
    }
    serialize_file(specs, path, {"format": "pt"})


def read_tensors(folder: Path) -> Tensors:
    """Every tensor of a model, through the safetensors library."""
    tensors: Tensors = {}
    for path in sorted(folder.glob("*.safetensors")):
        for name, entry in deserialize(path.read_bytes()):
            tensors[name] = load(bytes(entry["data"]), entry["dtype"], entry["shape"])
    return tensors


def llama(
    seed: int, *, layers: int = 2, hidden: int = 8, vocabulary: int = 16, tied: bool = False
) -> Tensors:
    """The tensors of a small Llama with random weights."""
    rng = np.random.default_rng(seed)
    shapes = {
        "model.embed_tokens.weight": (vocabulary, hidden),
        "model.norm.weight": (hidden,),
        "lm_head.weight": (vocabulary, hidden),
    }
    for i in range(layers):
        shapes |= {
            f"model.layers.{i}.self_attn.q_proj.weight": (hidden, hidden),
            f"model.layers.{i}.mlp.up_proj.weight": (3 * hidden, hidden),
            f"model.layers.{i}.input_layernorm.weight": (hidden,),
        }
    if tied:
        del shapes["lm_head.weight"]
    return {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}


def llama_config(layers: int = 2, **extra: Any) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "num_hidden_layers": layers,
        "dtype": "bfloat16",
        "tie_word_embeddings": False,
        **extra,
    }


def _depth(tensors: Mapping[str, NDArray[Any]]) -> int:
    """How many layers there are, counted by the names of the text layers."""
    found = (re.match(r"model\.layers\.(\d+)\.", name) for name in tensors)
    return max((int(each[1]) + 1 for each in found if each), default=2)


@dataclass
class Workshop:
    """A folder in which models are written and merged."""

    folder: Path

    llama = staticmethod(llama)
    llama_config = staticmethod(llama_config)
    read = staticmethod(read_tensors)
    rounded = staticmethod(rounded)
    write_tensors = staticmethod(write_tensors)

    @property
    def sources(self) -> Sources:
        return Sources(roots=(self.folder,))

    def model(
        self,
        name: str,
        tensors: Mapping[str, NDArray[Any]],
        dtype: str = "BF16",
        config: dict[str, Any] | None = None,
    ) -> str:
        """Write a model and return its name in recipes."""
        folder = self.folder / name
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(config or llama_config(_depth(tensors))))
        write_tensors(folder / "model.safetensors", tensors, dtype)
        return f"./{name}"

    def adapter(self, name: str, tensors: Mapping[str, NDArray[Any]], **config: Any) -> str:
        """Write a LoRA adapter and return its name."""
        folder = self.folder / name
        folder.mkdir()
        (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", **config}))
        write_tensors(folder / "adapter_model.safetensors", tensors, "F32")
        return f"./{name}"

    def plan(self, recipe: dict[str, Any], **options: Any) -> Plan:
        return plan_merge(parse_recipe(yaml.safe_dump(recipe)), self.sources, **options)

    def merge(
        self, recipe: dict[str, Any], out: str = "out", seed: int = 0, **options: Any
    ) -> MergeResult:
        plan = self.plan(recipe, seed=seed)
        return merge(plan, self.folder / out, MergeOptions(**options))

    def merged(self, recipe: dict[str, Any], out: str = "out", **options: Any) -> Tensors:
        """Merge and return what was written."""
        self.merge(recipe, out, **options)
        return read_tensors(self.folder / out)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.fixture(scope="session")
def real_weights() -> Path:
    """Real weights by other people, in a folder outside the project."""
    root = os.environ.get("MERGEHUB_REAL_DATA")
    if root is None:
        pytest.skip("MERGEHUB_REAL_DATA is not set")
    return Path(root).resolve() / "weights" / "stories260K"


@pytest.fixture(scope="session")
def workshop_class() -> type[Workshop]:
    """The class, for fixtures that outlive a test."""
    return Workshop
