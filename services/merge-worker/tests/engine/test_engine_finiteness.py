"""Infinities and NaN in the output: counted by tensor and kind, reported, refused on request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors.numpy import load_file, save_file

from merge_worker.cli import merge as merge_command
from merge_worker.engine import MergeOptions, NotFiniteError, PlanError, merge
from merge_worker.engine.files.dtypes import BF16, F16, F32, finite_in_float32
from merge_worker.engine.kernels.codecs import end_of

NORM = "model.norm.weight"


def write(workshop: Any, name: str, values: list[float], dtype: str = "BF16") -> None:
    tensors = workshop.llama(0)
    tensors[NORM][: len(values)] = values
    workshop.model(name, tensors, dtype)


def two(workshop: Any, values: list[float], dtype: str = "BF16") -> dict[str, Any]:
    for name in "ab":
        write(workshop, name, values, dtype)
    models = [{"model": f"./{name}", "parameters": {"weight": 1}} for name in "ab"]
    return {"merge_method": "linear", "models": models}


@pytest.mark.parametrize(
    ("values", "dtype", "made"),
    [
        ([90000, -90000, 65280, 65536], "float16", {"infinite": 3, "overflowed": 3}),
        ([90000, np.inf, np.nan], "float16", {"infinite": 2, "overflowed": 1, "nan": 1}),
        ([90000], "bfloat16", None),
        ([np.inf, -np.inf, np.nan], "float32", {"infinite": 2, "nan": 1}),
        ([1, 2], "float16", None),
    ],
)
def test_what_is_not_finite_in_the_output_is_counted_by_kind(
    workshop: Any, values: list[float], dtype: str, made: dict[str, int] | None
) -> None:
    result = workshop.merge({**two(workshop, values), "dtype": dtype})
    expected = {NORM: made} if made else {}
    assert result.made == expected
    kind = {"float16": np.float16, "bfloat16": None, "float32": np.float32}[dtype]
    if kind:  # NumPy's own rounding gives the expected values
        found = workshop.read(workshop.folder / "out")[NORM]
        assert np.isinf(found).sum() == (made or {}).get("infinite", 0)
        assert np.isnan(found).sum() == (made or {}).get("nan", 0)
    manifest = json.loads((workshop.folder / "out" / "manifest.json").read_text())
    assert manifest.get("nonfinite_output", {}) == expected


def test_a_sum_beyond_the_type_is_infinite_and_counted(workshop: Any) -> None:
    document = two(workshop, [3e38, -3e38], "F32")
    document["parameters"] = {"normalize": False}
    result = workshop.merge(document)
    assert result.nonfinite == {}
    assert result.made == {NORM: {"infinite": 2}}


@pytest.mark.parametrize("stored", ["BF16", "F16", "F32"])
def test_a_copied_tensor_is_counted_too(workshop: Any, stored: str) -> None:
    write(workshop, "a", [np.inf, np.nan, -np.inf], stored)
    document = {"merge_method": "passthrough", "models": [{"model": "./a"}]}
    assert set(workshop.plan(document).copied) >= {NORM}
    result = workshop.merge(document)
    assert result.made == {NORM: {"infinite": 2, "nan": 1}}
    assert result.nonfinite == {NORM: {"./a": 3}}
    with pytest.raises(NotFiniteError, match=NORM):
        workshop.merge(document, "refused", only_finite=True)


def wide(workshop: Any, name: str, value: float) -> None:
    """Write a model with one float64 tensor that has a value that float32 cannot hold."""
    tensors: dict[str, Any] = workshop.llama(0)
    workshop.model(name, tensors, "F32")
    tensors = {**tensors, NORM: tensors[NORM].astype(np.float64)}
    tensors[NORM][0] = value
    save_file(tensors, workshop.folder / name / "model.safetensors", {"format": "pt"})


def test_a_copy_of_float64_keeps_what_float32_cannot_hold(workshop: Any) -> None:
    wide(workshop, "a", 1e300)
    document = {"merge_method": "passthrough", "models": [{"model": "./a"}]}
    result = workshop.merge(document)
    assert (result.made, result.nonfinite) == ({}, {})
    out, a = (load_file(workshop.folder / n / "model.safetensors") for n in ("out", "a"))
    assert out[NORM].dtype == np.float64
    assert np.array_equal(out[NORM], a[NORM])
    result = workshop.merge({**document, "dtype": "float32"}, "narrow")
    assert result.made == {NORM: {"infinite": 1}}


@pytest.mark.parametrize("others", [["a"], ["b"]])
def test_what_float32_cannot_hold_is_called_that_and_counted_once(
    workshop: Any, others: list[str], tmp_path: Path
) -> None:
    wide(workshop, "a", 1e300)
    write(workshop, "b", [1], "F32")
    document = {
        "merge_method": "linear",
        "models": [{"model": f"./{each}"} for each in ["a", *others]],
    }
    (tmp_path / "r.json").write_text(json.dumps(document))
    command = [str(tmp_path / "r.json"), str(tmp_path / "out"), "--root", str(workshop.folder)]
    ran = CliRunner().invoke(merge_command, command)
    assert ran.exit_code == 0, ran.output
    said = f"Not finite in {NORM} read as float32, which holds numbers below 3.4e38: 1 in ./a\n"
    assert said in ran.stderr


def test_an_output_that_is_not_finite_is_refused_on_request(workshop: Any) -> None:
    document = {**two(workshop, [90000, 1]), "dtype": "float16"}
    words = rf"{NORM} is infinite in 1 \(1 of them too large for float16\) of its elements"
    with pytest.raises(NotFiniteError, match=words):
        workshop.merge(document, only_finite=True)
    assert not (workshop.folder / "out").exists()


def test_an_earlier_attempt_does_not_hide_what_is_to_be_refused(workshop: Any) -> None:
    plan = workshop.plan({**two(workshop, [90000]), "dtype": "float16"})

    def stop(progress: Any) -> None:
        if progress.stage == "finish":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        merge(plan, workshop.folder / "out", on_progress=stop)
    with pytest.raises(NotFiniteError, match="too large"):
        merge(plan, workshop.folder / "out", MergeOptions(only_finite=True))


def test_the_shell_and_the_card_say_what_is_not_finite(workshop: Any, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(
        json.dumps({**two(workshop, [90000, np.nan]), "dtype": "float16"})
    )
    command = [str(tmp_path / "r.json"), str(tmp_path / "out"), "--root", str(workshop.folder)]
    ran = CliRunner().invoke(merge_command, command)
    said = (
        f"The output's {NORM} is infinite in 1 (1 of them too large for float16) "
        "and not a number in 1 of its elements."
    )
    assert ran.exit_code == 0, ran.output
    assert said in ran.stderr
    assert said in (tmp_path / "out" / "README.md").read_text()


def test_a_merge_that_is_refused_names_the_folder_that_it_leaves(
    workshop: Any, tmp_path: Path
) -> None:
    (tmp_path / "r.json").write_text(json.dumps(two(workshop, [1, np.nan])))
    out = tmp_path / "out"
    command = [str(tmp_path / "r.json"), str(out), "--root", str(workshop.folder)]
    refused = CliRunner().invoke(merge_command, [*command, "--only-finite"])
    assert refused.exit_code == 1
    assert (tmp_path / "out.partial").is_dir()
    assert f"{out}.partial: remove it, or continue without --only-finite" in refused.stderr
    assert CliRunner().invoke(merge_command, command).exit_code == 0


def test_many_tensors_that_are_not_finite_are_summed_up(workshop: Any) -> None:
    tensors = {name: each * np.inf for name, each in workshop.llama(0, layers=5).items()}
    with np.errstate(invalid="ignore"):
        workshop.model("a", tensors, "F32", workshop.llama_config(layers=5))
    workshop.merge({"merge_method": "passthrough", "models": [{"model": "./a"}]})
    card = (workshop.folder / "out" / "README.md").read_text()
    assert "8 more tensors of the output are not finite." in card


@pytest.mark.parametrize(("code", "kind"), [(F16, np.float16), (F32, np.float32), (BF16, None)])
def test_the_end_of_a_type_is_where_rounding_makes_infinity(code: int, kind: Any) -> None:
    end = np.uint32(end_of(code)).view(np.float32)
    below = np.nextafter(end, np.float32(0))
    if kind is None:  # bfloat16: the upper half of a float32, rounded to even
        bits = np.array([below, end], np.float32).view(np.uint32).astype(np.uint64)
        rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
        assert rounded.tolist() == [0x7F7F, 0x7F80]
        return
    with np.errstate(over="ignore"):
        assert np.isfinite(kind(below))
        assert np.isinf(kind(end))


def test_the_end_of_float32_is_where_rounding_makes_infinity() -> None:
    end = float(2**128 - 2**103)
    with np.errstate(over="ignore"):
        assert np.isinf(np.float32(end))
    assert not finite_in_float32(end)
    assert not finite_in_float32(10**400)
    assert not finite_in_float32(float("nan"))
    below = np.nextafter(end, 0)
    assert np.isfinite(np.float32(below))
    assert finite_in_float32(below)


@pytest.mark.parametrize(
    ("method", "weights", "settings", "words"),
    [
        ("linear", [1e39, 1e39], {}, "weight must be a number that float32 can hold, not 1e\\+39"),
        ("linear", [1e308, 1e308], {}, "weight must be .* not 1e\\+308"),
        ("linear", [3e38, 3e38], {}, "sum of the weights of one sign is 6e\\+38"),
        ("task_arithmetic", [1e20, 1], {"lambda": 1e20}, "lambda"),
        ("task_arithmetic", [1, 1], {"lambda": 1e39}, "lambda must be .* not 1e\\+39"),
        ("ties", [2e38, 2e38], {}, "sum of the weights of one sign is 4e\\+38"),
    ],
)
def test_parameters_that_float32_cannot_hold_are_refused_before_anything_is_read(
    workshop: Any, method: str, weights: list[float], settings: dict[str, float], words: str
) -> None:
    document = two(workshop, [1])
    for model, weight in zip(document["models"], weights, strict=True):
        model["parameters"]["weight"] = weight
    write(workshop, "base", [1])
    document |= {"merge_method": method, "parameters": settings}
    if method != "linear":
        document["base_model"] = "./base"
    with pytest.raises((PlanError, ValueError), match=words):
        workshop.plan(document)
