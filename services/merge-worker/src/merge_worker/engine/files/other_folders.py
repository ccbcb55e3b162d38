"""Says what a folder or file is, if it is not a model in the layout of transformers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from merge_worker.engine.errors import EngineError, NotSupportedError, SourceError

ENTRIES: Final = 10_000
"""How many entries of a folder are inspected."""
PICKLED: Final = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
CONVERT: Final = "convert it to safetensors (transformers: save_pretrained)"
UNFINISHED: Final = (".incomplete", ".part", ".aria2", ".crdownload")
DOWNLOADS: Final = ".cache/huggingface/download"
"""The folder in which `hf download --local-dir` keeps unfinished downloads."""
OF_TRAINING: Final = ("training_args", "optimizer", "scheduler", "scaler", "rng_state")
"""Names that are not weights, although they have the suffix of pickled weights."""
FORMATS: Final = {
    ".gguf": "GGUF, a format for llama.cpp, usually quantized, that is not read; "
    "give the model that it was made from, in safetensors",
    ".onnx": "ONNX, a format that is not read; give the model that it was exported from, in "
    "safetensors",
    **dict.fromkeys(
        PICKLED, f"a format that can run code when it is opened, and is not read; {CONVERT}"
    ),
    **dict.fromkeys(
        (".h5", ".msgpack", ".npz", ".tflite", ".mlmodel"),
        f"a format that is not read; {CONVERT}",
    ),
}
"""The advice for weights in files with each suffix."""

Guess = Callable[[Path, list[str]], EngineError | None]
"""Takes a folder and the names in it; returns an error if it is a folder of one kind, or None."""


def no_model(folder: Path, wanted: str) -> EngineError:
    """Return why a folder that lacks the wanted file is not a model, and what to give instead."""
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
    return SourceError(f"{folder} contains no weights: there is no {wanted}")


def no_folder(path: Path) -> EngineError:
    """Return why a file is not a model, and what to give instead."""
    if stored := FORMATS.get(path.suffix):
        return NotSupportedError(f"{path} is {stored}")
    return SourceError(f"{path} is a file; give the model's folder, {path.parent}")


def _names(folder: Path) -> list[str]:
    """The names in the folder and in the folders directly inside it."""
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
            f"give it together with its base, as base+{folder.name}"
        )
    if "adapter_model.bin" in names:
        return NotSupportedError(
            f"{folder} is an adapter in adapter_model.bin, {FORMATS['.bin'].split(';')[0]}; "
            "save it again with peft: save_pretrained writes safetensors"
        )
    return SourceError(
        f"{folder} is part of a LoRA adapter: "
        "adapter_config.json and adapter_model.safetensors are both needed"
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
        f"{folder} is a pipeline of diffusers (model_index.json), which holds several models; "
        "only models in the layout of transformers can be merged"
    )


def _unfinished(folder: Path, names: list[str]) -> EngineError | None:
    begun = [name for name in names if name.endswith(UNFINISHED)]
    begun += [path.name for path in (folder / DOWNLOADS).glob("*.incomplete")]
    if not begun:
        return None
    return SourceError(f"the download of {folder} is incomplete ({begun[0]}): download it again")


def _unindexed(folder: Path, names: list[str]) -> EngineError | None:
    """Return the error of safetensors weights in another place or under another name, or None."""
    found = [name for name in names if name.endswith(".safetensors")]
    if not found or "config.json" not in names:
        return None
    listed = ", ".join(found[:3]) + (", …" if len(found) > 3 else "")
    return SourceError(
        f"{folder} contains {listed}, but neither model.safetensors nor "
        "model.safetensors.index.json, which lists the tensors of each file: download the rest"
    )


def _format(folder: Path, names: list[str]) -> EngineError | None:
    for ending, stored in FORMATS.items():
        for name in names:
            if name.endswith(ending) and not name.startswith(OF_TRAINING):
                return NotSupportedError(f"{folder} has its weights in {name}, {stored}")
    return None
