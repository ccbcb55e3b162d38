"""`plan` and `merge` over real files, if the engine is installed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mergehub.cli.main import main

pytest.importorskip("merge_worker", reason="the merge engine is a separate package")
np = pytest.importorskip("numpy")
safetensors = pytest.importorskip("safetensors.numpy")

RECIPE = """
merge_method: linear
models:
  - model: {one}
    parameters: {{weight: 1}}
  - model: {two}
    parameters: {{weight: 3}}
"""


def _model(folder: Path, value: float, tensors: int = 2, size: int = 64) -> Path:
    folder.mkdir(parents=True)
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama"}
    (folder / "config.json").write_text(json.dumps({**config, "num_hidden_layers": tensors}))
    names = [f"model.layers.{layer}.mlp.up_proj.weight" for layer in range(tensors)]
    weights = {name: np.full((size, size), value, np.float32) for name in names}
    safetensors.save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """A recipe in the folder of its two models."""
    _model(tmp_path / "one", 1.0)
    _model(tmp_path / "two", 2.0)
    path = tmp_path / "recipe.yml"
    path.write_text(RECIPE.format(one="./one", two="./two"))
    return path


def test_a_plan_tells_sizes_and_writes_nothing(recipe: Path) -> None:
    before = sorted(recipe.parent.rglob("*"))
    done = CliRunner().invoke(main, ["plan", str(recipe)])
    assert done.exit_code == 0, done.output
    rows = dict(line.split(maxsplit=1) for line in done.stdout.splitlines() if line[0] != " ")
    assert rows["read"].strip() == "65.5 kB"
    assert rows["write"].startswith("32.8 kB")
    assert rows["methods"].strip() == "linear for 2 tensors"
    assert sorted(recipe.parent.rglob("*")) == before


def test_a_merge_makes_the_weighted_mean_and_names_its_digest(recipe: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["merge", str(recipe), str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[1].startswith("sha256:")
    merged = safetensors.load_file(tmp_path / "out" / "model.safetensors")
    assert len(merged) == 2
    assert all((tensor == 1.75).all() for tensor in merged.values())


NOTE = "./two has tensors that the output lacks: lm_head.weight"


@pytest.fixture
def noted(recipe: Path) -> Path:
    """A recipe whose plan has a note: the second model has a tensor that the first lacks."""
    file = recipe.parent / "two" / "model.safetensors"
    more = {"lm_head.weight": np.ones((4, 4), np.float32)}
    safetensors.save_file(safetensors.load_file(file) | more, file, metadata={"format": "pt"})
    return recipe


def test_what_a_plan_notes_is_said_by_plan_and_by_merge(noted: Path, tmp_path: Path) -> None:
    planned = CliRunner().invoke(main, ["plan", str(noted)])
    assert NOTE in " ".join(planned.stdout.split())
    merged = CliRunner().invoke(main, ["merge", str(noted), str(tmp_path / "out")])
    assert merged.stderr.startswith(f"Note: {NOTE}\n")
    assert NOTE not in merged.stdout


def test_each_part_of_a_merge_says_the_notes(noted: Path, tmp_path: Path) -> None:
    for part in ("1/2", "2/2"):
        command = ["merge", str(noted), str(tmp_path / "out"), "--part", part]
        assert f"Note: {NOTE}\n" in CliRunner().invoke(main, command).stderr


def test_an_output_that_exists_is_not_overwritten(recipe: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    done = CliRunner().invoke(main, ["merge", str(recipe), str(tmp_path / "out")])
    assert done.exit_code == 1
    assert "already exists" in done.stderr


def test_a_path_outside_the_roots_needs_an_option(tmp_path: Path) -> None:
    elsewhere = _model(tmp_path / "elsewhere" / "one", 1.0)
    (tmp_path / "here").mkdir()
    recipe = tmp_path / "here" / "recipe.yml"
    recipe.write_text(RECIPE.format(one=elsewhere, two=elsewhere))
    refused = CliRunner().invoke(main, ["plan", str(recipe)])
    assert refused.exit_code == 1
    assert "Allow another folder with --root." in refused.stderr
    allowed = CliRunner().invoke(main, ["plan", str(recipe), "--root", str(elsewhere.parent)])
    assert allowed.exit_code == 0, allowed.output


@pytest.mark.process
def test_ctrl_c_stops_in_a_sentence_and_the_same_command_goes_on(tmp_path: Path) -> None:
    _model(tmp_path / "one", 1.0, tensors=24, size=600)
    recipe = tmp_path / "recipe.yml"
    recipe.write_text(RECIPE.format(one="./one", two="./one"))
    command = [
        sys.executable, "-c", "from mergehub.cli.main import main; main()",
        "merge", str(recipe), str(tmp_path / "out"), "--threads", "1",
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as first:
        assert first.stderr is not None
        assert any(line.startswith("fill") for line in first.stderr)
        first.send_signal(signal.SIGINT)
        assert "The same command continues" in first.communicate(timeout=60)[1]
    assert first.returncode == 1
    assert not (tmp_path / "out").exists()
    again = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert again.returncode == 0, again.stderr
    assert os.listdir(tmp_path / "out")


def _report(recipe: Path, *options: str) -> dict[str, Any]:
    done = CliRunner().invoke(main, ["plan", str(recipe), "--json", *options])
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout))


def test_a_plan_counts_the_start_and_the_compiler_in_its_time(recipe: Path) -> None:
    report = _report(recipe)
    assert report["methods"] == {"linear": 2}
    assert (report["bytes_in"], report["bytes_out"]) == (65536, 32768)
    assert 0.3 <= report["seconds"]["low"] <= 1  # a start takes 0.3 to 0.4 s
    assert report["seconds"]["high"] >= 10  # with 6 to 10 s of compiling, as measured
    shown = CliRunner().invoke(main, ["plan", str(recipe)]).stdout
    assert report["seconds"] == {"low": 0.5, "high": 12.0}
    assert "about 0.5 to 12 s on an idle machine; 10 s of it to compile" in shown


def test_what_is_only_copied_needs_no_compiler(tmp_path: Path) -> None:
    _model(tmp_path / "one", 1.0)
    recipe = tmp_path / "recipe.yml"
    recipe.write_text("merge_method: passthrough\nmodels: [{model: ./one}]\n")
    assert _report(recipe)["seconds"]["high"] < 5


def test_more_threads_make_a_plan_no_slower_and_slower_methods_do(tmp_path: Path) -> None:
    _model(tmp_path / "one", 1.0, tensors=4, size=1500)
    _model(tmp_path / "two", 1.0, tensors=4, size=1500)
    recipe = tmp_path / "recipe.yml"
    text = "merge_method: {}\nbase_model: ./one\nmodels: [{{model: ./one}}, {{model: ./two}}]\n"
    times = {}
    for method in ("task_arithmetic", "della"):
        recipe.write_text(text.format(method))
        times[method] = _report(recipe, "--threads", "1")["seconds"]["low"]
        assert _report(recipe, "--threads", "2")["seconds"]["low"] <= times[method]
    assert times["della"] > times["task_arithmetic"]


def test_a_merge_says_what_it_made_as_json(recipe: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["merge", str(recipe), str(tmp_path / "out"), "--json"])
    made = json.loads(done.stdout)
    assert (made["tensors"], made["bytes"], made["nonfinite"]) == (2, 32768, {})
    assert made["folder"] == str(tmp_path / "out")
    assert made["digest"].startswith("sha256:")
