"""Which files of a model's folder are fetched, which travel with a merge, and with whom.

Everything travels but what is known to describe weights, or is written anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Final

UNWANTED: Final = (
    ".*",
    "*/.*",
    *(f"*.{kind}" for kind in ("bin", "pt", "pth", "ckpt", "pkl", "pickle", "distcp")),
    *(f"*.{kind}" for kind in ("h5", "hdf5", "msgpack", "ot", "npy", "npz", "nemo", "tflite")),
    *(f"*.{kind}" for kind in ("onnx", "onnx_data", "onnx.data", "gguf", "ggml", "mlmodel")),
    *(f"*.{kind}" for kind in ("zip", "tar", "gz", "tgz", "xz", "7z", "parquet", "arrow")),
    *(f"*.{kind}.index.json" for kind in ("bin", "h5", "msgpack")),
    *("consolidated*", "params.json", "original/*", "onnx/*", "openvino/*"),
    *("checkpoint-*", "runs/*", "trainer_state.json", "*events.out.tfevents*", "*_results.json"),
    *("*.pyc", "quant*_config.json", "hf_quant_config.json", "recipe.yaml", "mergekit_config.y*ml"),
)
"""What is neither fetched nor copied: weights in other formats, what describes them, and what
their training left. The patterns are those of `fnmatch`, whose `*` takes in slashes."""

NOT_COPIED: Final = (
    *UNWANTED,
    *("*.safetensors", "*.index.json", "adapter_*", "readme*", "config.json"),
    *("recipe.yml", "manifest.json", "mergehub.lock.json", "journal*.jsonl", "finish.lock"),
)
"""What is not copied: weights, what belongs to an adapter, and what a merge writes itself."""

NOT_COPIED_INSIDE: Final = (*UNWANTED, "*/readme*")
"""The same for folders that travel: their weights and configurations are their own."""

OF_TOKENIZER: Final = (
    *("tokenizer*", "tokenization_*.py", "special_tokens_map.json", "added_tokens.json"),
    *("*vocab*", "*merges*.txt", "*.model", "*.spm", "*.tiktoken", "tekken.json"),
    *("normalizer.json", "bpe.codes", "dict.txt"),
    "chat_template*.jinja",
)
TEMPLATES: Final = "additional_chat_templates"


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name, in whatever case, fits one of the patterns."""
    return any(fnmatchcase(name.lower(), pattern) for pattern in patterns)


def of_tokenizer(name: str) -> bool:
    """Whether a file comes from the model that gives the tokenizer; all others come from the one
    that gives the configuration."""
    folder, _, inside = name.rpartition("/")
    return folder == TEMPLATES or (not folder and matches(inside, OF_TOKENIZER))
