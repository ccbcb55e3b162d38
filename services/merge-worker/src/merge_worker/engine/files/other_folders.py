"""What a folder or file is that is not a model in the layout of transformers, in sentences."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from merge_worker.engine.errors import EngineError, NotSupportedError, SourceError

ENTRIES: Final = 10_000
"""Entries of a folder that are looked at."""
PICKLED: Final = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
CONVERT: Final = "convert it to safetensors (transformers: save_pretrained)"
UNFINISHED: Final = (".incomplete", ".part", ".aria2", ".crdownload")
DOWNLOADS: Final = ".cache/huggingface/download"
"""Where `hf download --local-dir` keeps what it has begun."""
OF_TRAINING: Final = ("training_args", "optimizer", "scheduler", "scaler", "rng_state")
"""How files begin that are no weights, though they end as pickled weights do."""
FORMATS: Final = {
    ".gguf": "GGUF, which is made for llama.cpp, mostly quantized, and is not read; "
    "give the model that it was made of, in safetensors",
    ".onnx": "ONNX, which is not read; give the model that it was exported from, in safetensors",
    **dict.fromkeys(
        PICKLED, f"a format that can run code when it is opened, and is not read; {CONVERT}"
    ),
    **dict.fromkeys(
        (".h5", ".msgpack", ".npz", ".tflite", ".mlmodel"),
        f"a format that is not read; {CONVERT}",
    ),
}
"""By a file's ending, what is said of weights stored so."""

Guess = Callable[[Path, list[str]], EngineError | None]
"""From a folder and the names in it to what it is, if it is that."""


def no_model(folder: Path, wanted: str) -> EngineError:
    """Why a folder that lacks what is wanted is no model, and what to name instead."""
    names = _names(folder)
    of_models: tuple[Guess, ...] = (
        () if wanted.startswith("adapter") else (_pipeline, _unindexed, _format)
    )
    for guess in (_adapter, _cache, _unfinished, *of_models):
        if error := guess(folder, names):
            return error
    if not names:
        return SourceError(f"{folder} is empty")
    if wanted.endswith("config.json"):
        what = "an adapter's" if wanted.startswith("adapter") else "a model's"
        return SourceError(f"{folder} has no {wanted}, so it is not {what} folder")
    return SourceError(f"{folder} holds no weights: there is no {wanted}")


def no_folder(path: Path) -> EngineError:
    """Why a file is not a model, and what to name instead."""
    if stored := FORMATS.get(path.suffix):
        return NotSupportedError(f"{path} is {stored}")
    return SourceError(f"{path} is a file; name the model's folder, {path.parent}")


def _names(folder: Path) -> list[str]:
    """What is in the folder and in those directly under it."""
    try:
        own = sorted(islice(os.listdir(folder), ENTRIES))
        return [*own, *islice(_deeper(folder, own), ENTRIES)]
    except OSError:
        return []


def _deeper(folder: Path, names: list[str]) -> Iterator[str]:
    for name in names:
        if (folder / name).is_dir() and not (folder / name).is_symlink():
            yield from (f"{name}/{each}" for each in sorted(os.listdir(folder / name)))


def _adapter(folder: Path, names: list[str]) -> EngineError | None:
    if not {"adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"} & {*names}:
        return None
    if {"adapter_config.json", "adapter_model.safetensors"} <= {*names}:
        return NotSupportedError(
            f"{folder} is a LoRA adapter, not a whole model: "
            f"name it with its base, as base+{folder.name}"
        )
    if "adapter_model.bin" in names:
        return NotSupportedError(
            f"{folder} is an adapter in adapter_model.bin, {FORMATS['.bin'].split(';')[0]}; "
            "save it again with peft: save_pretrained writes safetensors"
        )
    return SourceError(
        f"{folder} is part of a LoRA adapter: "
        "it takes adapter_config.json and adapter_model.safetensors"
    )


def _cache(folder: Path, names: list[str]) -> EngineError | None:
    if "snapshots" not in names:
        return None
    name = folder.name.removeprefix("models--").replace("--", "/")
    return SourceError(
        f"{folder} is a folder of the Hugging Face cache: give the model's id, {name}, "
        f"or one of the folders in {folder / 'snapshots'}"
    )


def _pipeline(folder: Path, names: list[str]) -> EngineError | None:
    if "model_index.json" not in names:
        return None
    return NotSupportedError(
        f"{folder} is a pipeline of diffusers (model_index.json), which is several models; "
        "only models in the layout of transformers are merged"
    )


def _unfinished(folder: Path, names: list[str]) -> EngineError | None:
    begun = [name for name in names if name.endswith(UNFINISHED)]
    begun += [path.name for path in (folder / DOWNLOADS).glob("*.incomplete")]
    if not begun:
        return None
    return SourceError(f"{folder} was not downloaded to the end ({begun[0]}): download it again")


def _unindexed(folder: Path, names: list[str]) -> EngineError | None:
    """Weights in safetensors, but in another place or under another name."""
    found = [name for name in names if name.endswith(".safetensors")]
    if not found or "config.json" not in names:
        return None
    listed = ", ".join(found[:3]) + (", …" if len(found) > 3 else "")
    return SourceError(
        f"{folder} holds {listed}, but neither model.safetensors nor "
        "model.safetensors.index.json, which says what lies where: download the rest of it"
    )


def _format(folder: Path, names: list[str]) -> EngineError | None:
    for ending, stored in FORMATS.items():
        for name in names:
            if name.endswith(ending) and not name.startswith(OF_TRAINING):
                return NotSupportedError(f"{folder} holds its weights in {name}, {stored}")
    return None
