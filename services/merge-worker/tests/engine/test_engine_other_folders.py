"""Folders that are not models in the layout of transformers: the error says what each is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from strange_folders import POINTER, sound

from merge_worker.cli import merge as merge_command
from merge_worker.engine import EngineError, OutsideError, Sources, plan_merge
from mergehub.recipe import parse_recipe


def files(**contents: Any) -> Callable[[Path], None]:
    """Write a folder of these files; `__` means a slash, and content that is not bytes is JSON."""

    def make(folder: Path) -> None:
        for name, content in contents.items():
            path = folder / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            text = content if isinstance(content, bytes) else json.dumps(content).encode()
            path.write_bytes(text)

    return make


def named(*names: str, **contents: Any) -> Callable[[Path], None]:
    return files(**{**dict.fromkeys(names, b"x"), **contents})


LORA = {"peft_type": "LORA", "base_model_name_or_path": "org/base"}
KINDS: dict[str, tuple[Callable[[Path], None], str]] = {
    "an adapter": (
        named("adapter_config.json", "adapter_model.safetensors"),
        r"m is a LoRA adapter, not a whole model: give it together with its base, as base\+m",
    ),
    "an adapter with a config": (
        named("adapter_config.json", "adapter_model.safetensors", **{"config.json": {}}),
        "is a LoRA adapter",
    ),
    "a pickled adapter": (
        named("adapter_config.json", "adapter_model.bin"),
        r"adapter in adapter_model\.bin.*run code.*save_pretrained",
    ),
    "half an adapter": (named("adapter_config.json"), "part of a LoRA adapter"),
    "GGUF": (named("model-q4_k_m.gguf"), "GGUF.*not read.*give the model that it was made from"),
    "GGUF with a config": (named("x.gguf", **{"config.json": {}}), "GGUF.*not read"),
    "pickled weights": (
        named("pytorch_model.bin", **{"config.json": {}}),
        r"pytorch_model\.bin.*run code.*convert it to safetensors",
    ),
    "pickled shards": (
        named("pytorch_model-00001-of-00002.bin", **{"config.json": {}}),
        "convert it to safetensors",
    ),
    "a .pt alone": (named("consolidated.00.pth"), "convert it to safetensors"),
    "ONNX": (named("onnx__model.onnx", **{"config.json": {}}), "ONNX.*not read"),
    "TensorFlow": (named("tf_model.h5", **{"config.json": {}}), "a format that is not read"),
    "diffusers": (
        named("model_index.json", "unet__diffusion_pytorch_model.safetensors"),
        "a pipeline of diffusers",
    ),
    "a folder of the cache": (
        named("refs__main", "snapshots__abc__config.json", "blobs__x"),
        "a folder of the Hugging Face cache: give the model's id",
    ),
    "a download that was broken off": (
        named("model.safetensors.incomplete", **{"config.json": {}}),
        "download of .* is incomplete",
    ),
    "a download of hf that was broken off": (
        named(".cache__huggingface__download__x.incomplete", **{"config.json": {}}),
        "download of .* is incomplete",
    ),
    "shards without an index": (
        named("model-00001-of-00002.safetensors", **{"config.json": {}}),
        r"model-00001-of-00002\.safetensors, but neither.*index",
    ),
    "only what training left": (
        named("training_args.bin", "optimizer.pt", **{"config.json": {}}),
        "contains no weights",
    ),
    "nothing": (lambda folder: None, "m is empty"),
    "a card": (named("README.md"), r"has no config\.json, so it is not a model's folder"),
    "shards that are missing": (
        files(
            **{
                "config.json": {},
                "model.safetensors.index.json": {
                    "weight_map": {"a": "s1.safetensors", "b": "s2.safetensors"}
                },
            }
        ),
        r"names s1\.safetensors, s2\.safetensors, which are missing",
    ),
    "weights that are a pointer": (
        named(**{"config.json": {}, "model.safetensors": POINTER}),
        r"model\.safetensors is a Git LFS pointer, not the file itself: run `git lfs pull` in",
    ),
    "GGUF called safetensors": (
        named(**{"config.json": {}, "model.safetensors": b"GGUF\x03\0\0\0 and so on"}),
        "it is a GGUF file under another name",
    ),
    "a web page called safetensors": (
        named(**{"config.json": {}, "model.safetensors": b"<!DOCTYPE html><title>Sign in"}),
        "it is a web page; download the model again",
    ),
    "a pickle called safetensors": (
        named(**{"config.json": {}, "model.safetensors": b"PK\x03\x04" + bytes(99)}),
        "it is pickled by PyTorch; convert it",
    ),
    "a config that is a pointer": (
        named("model.safetensors", **{"config.json": POINTER}),
        r"config\.json is a Git LFS pointer",
    ),
    "GPTQ": (
        lambda folder: put_config(folder, quantization_config={"quant_method": "gptq"}),
        r"quantized \(gptq\); merge the model that it was made from",
    ),
    "MLX": (
        lambda folder: put_config(folder, quantization={"bits": 4, "group_size": 64}),
        r"quantized \(MLX\)",
    ),
}


def put_config(folder: Path, **config: Any) -> None:
    folder.rmdir()
    sound(folder)
    (folder / "config.json").write_text(json.dumps(config))


def plan(root: Path, *models: str) -> None:
    recipe = {"merge_method": "linear", "models": [{"model": name} for name in models]}
    sources = Sources(roots=(root,), cache_dir=root / "hub", offline=True)
    plan_merge(parse_recipe(json.dumps(recipe)), sources)


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_that_is_no_model_is_called_what_it_is(tmp_path: Path, kind: str) -> None:
    make, words = KINDS[kind]
    (tmp_path / "m").mkdir()
    make(tmp_path / "m")
    with pytest.raises(EngineError, match=words) as raised:
        plan(tmp_path, "./m")
    assert not isinstance(raised.value, OutsideError)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("x.gguf", "GGUF"),
        ("x.bin", "convert it"),
        ("m/model.safetensors", "is a file; give the model's folder, .*/m$"),
        ("m/config.json", "is a file; give the model's folder"),
    ],
)
def test_a_file_in_place_of_a_folder_is_called_what_it_is(
    tmp_path: Path, name: str, words: str
) -> None:
    sound(tmp_path / "m")
    for each in ("x.gguf", "x.bin"):
        (tmp_path / each).write_bytes(b"x")
    with pytest.raises(EngineError, match=words):
        plan(tmp_path, f"./{name}")


def test_a_whole_model_named_as_an_adapter_is_refused(tmp_path: Path) -> None:
    for name in ("m", "n"):
        sound(tmp_path / name)
    with pytest.raises(EngineError, match=r"no adapter_config\.json, so it is not an adapter's"):
        plan(tmp_path, "./m+./n")


def test_all_models_that_cannot_be_read_are_named_at_once(tmp_path: Path) -> None:
    sound(tmp_path / "good")
    (tmp_path / "empty").mkdir()
    models = ["./good", "./gone", "./empty", "./good+./lost", "org/name"]
    with pytest.raises(EngineError) as raised:
        plan(tmp_path, *models)
    said = str(raised.value).splitlines()
    assert said[0] == "4 models cannot be read:"
    assert len(said) == 5
    for name, line in zip(("gone", "empty", "lost", "org/name"), said[1:], strict=True):
        assert name in line


def test_only_a_path_outside_the_roots_is_answered_with_root(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    for model, hinted in (("./m", False), ("./gone", True)):
        recipe = tmp_path / "r.json"
        recipe.write_text(json.dumps({"merge_method": "linear", "models": [{"model": model}]}))
        ran = CliRunner().invoke(merge_command, [str(recipe), str(tmp_path / "out")])
        assert ran.exit_code == 1
        assert ("--root" in ran.stderr) == hinted
