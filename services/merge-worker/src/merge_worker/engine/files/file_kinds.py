"""Which files of a model's folder are fetched, and which are copied to the output.

Everything is copied except files that describe weights, are never part of a model, or are written
by the merge.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import translate
from functools import cache
from typing import Final

_KEYS: Final = ("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "*.pem", "*.key")
_STORES: Final = ("*.p12", "*.pfx", "*.ppk", "*.jks", "*.keystore", "*.kdbx", "*.gpg")
_PASSWORDS: Final = (
    *(".env", ".env.*", "*.env", ".netrc", "_netrc", ".git-credentials", ".npmrc", ".pypirc"),
    *("credentials*", "secrets*", "hf_token*", "service_account*.json", "kubeconfig"),
)
_BACKUPS: Final = (
    *("*.bak", "*.bak.*", "*.backup", "*.orig", "*.old", "*.save", "*.rej", "*~", "#*#"),
    *("*.tmp", "*.temp", "*.swp", "*.swo", "*.part", "*.partial", "*.incomplete", "*.crdownload"),
)
_LOGS: Final = (
    *("*.log", "*.log.*", "*.out", "*.err", "*.pid", "log.txt", "core.[0-9]*"),
    *("wandb", "wandb*", "mlruns", "lightning_logs", "tensorboard", "trainer_log*"),
)


_PLACES: Final = (("", ""), ("*/", ""), ("", "/*"))


def _anywhere(*patterns: str) -> tuple[str, ...]:
    """The patterns, for files, for folders and inside folders."""
    return tuple(f"{before}{each}{after}" for each in patterns for before, after in _PLACES)


NEVER_OF_A_MODEL: Final[Mapping[str, tuple[str, ...]]] = {
    "such files hold secrets": _anywhere(*_KEYS, *_STORES, *_PASSWORDS),
    "such files are left by editors and downloads": _anywhere(*_BACKUPS),
    "such files are left by training": _anywhere(*_LOGS),
}
"""Files that are never part of a model, by the reason that a note gives. If they were copied, they
would be published with the output."""

UNWANTED: Final = (
    *(pattern for patterns in NEVER_OF_A_MODEL.values() for pattern in patterns),
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
"""Files that are neither fetched nor copied: weights in other formats, what describes them, and
what training left. The patterns are those of `fnmatch`, whose `*` also matches slashes."""

NOT_COPIED: Final = (
    *UNWANTED,
    *("*.safetensors", "*.index.json", "adapter_*", "readme*", "config.json"),
    *("recipe.yml", "manifest.json", "mergehub.lock.json", "journal*.jsonl", "finish.lock"),
    *("*.intoto.jsonl", "model.sig"),
)
"""Files that are not copied: weights, an adapter's files, what a merge writes itself, and what
signs the model that they come from."""

NOT_COPIED_INSIDE: Final = (*UNWANTED, "*/readme*")
"""The same in folders that are copied, whose weights and configurations are their own."""

OF_TOKENIZER: Final = (
    *("tokenizer*", "tokenization_*.py", "special_tokens_map.json", "added_tokens.json"),
    *("*vocab*", "*merges*.txt", "*.model", "*.spm", "*.tiktoken", "tekken.json"),
    *("normalizer.json", "bpe.codes", "dict.txt"),
    "chat_template*.jinja",
)
TEMPLATES: Final = "additional_chat_templates"


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a name matches one of the patterns, ignoring case."""
    return _one_of(patterns).match(name.lower()) is not None


@cache
def _one_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, patterns)))


def why_never(name: str) -> str | None:
    """Why a file is never part of a model, or None."""
    return next((why for why, each in NEVER_OF_A_MODEL.items() if matches(name, each)), None)


def of_tokenizer(name: str) -> bool:
    """Whether a file comes from the model that gives the tokenizer; all other files come from the
    model that gives the configuration."""
    folder, _, inside = name.rpartition("/")
    return folder == TEMPLATES or (not folder and matches(inside, OF_TOKENIZER))
