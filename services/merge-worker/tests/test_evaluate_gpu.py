"""An evaluation asks for a GPU, keeps to its memory, and moves to the processor if it must.

There is no GPU here. The rules are functions; and a real model is evaluated in a process of its own
whose memory errors are planted where PyTorch raises them: in the model's forward pass.
"""

from __future__ import annotations

import inspect
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from merge_worker.evaluate.device import (
    ON_CPU,
    ON_GPU,
    WORK,
    Batching,
    Footprint,
    memory_fraction,
)

GIB = 1 << 30
HAS_GPU = shutil.which("nvidia-smi") is not None


WIDE = Footprint(kept=250_000, scored=8 * 128_256)
"""About a model of a billion parameters in bfloat16."""


@pytest.mark.parametrize(
    ("free", "length", "rows"),
    [
        (120 * GIB, 1024, 64),
        (8 * GIB, 1024, 16),
        (8 * GIB, 100, 64),
        (GIB // 4, 1024, 1),
        (0, 1024, 1),
        (-5, 1024, 1),
        (None, 1024, 64),
    ],
)
def test_a_batch_fits_into_the_free_memory(free: int | None, length: int, rows: int) -> None:
    assert Batching(ON_GPU, WIDE, free).scoring(scored=5)(length) == rows


def test_a_processor_takes_fewer_rows_and_less_if_its_memory_is_short() -> None:
    assert Batching(ON_CPU, WIDE, None).scoring(scored=5)(1024) == 16
    assert Batching(ON_CPU, WIDE, GIB).scoring(scored=5)(1024) == 2
    assert Batching(ON_CPU, WIDE, None).generating(new=256)(64) == 64
    assert Batching(ON_CPU, WIDE, GIB).generating(new=256)(64) == 6


def test_the_bytes_of_a_token_follow_from_the_configuration_by_any_of_its_names() -> None:
    llama = {"hidden_size": 64, "num_hidden_layers": 10, "num_attention_heads": 8}
    grouped = llama | {"num_key_value_heads": 2}
    gpt2 = {"n_embd": 64, "n_layer": 10, "n_head": 8}
    work = WORK * 64
    assert Footprint.of(llama, 1000, 4) == Footprint(4 * (2 * 10 * 64 + work), 8000)
    assert Footprint.of(grouped, 1000, 4) == Footprint(4 * (2 * 10 * 16 + work), 8000)
    assert Footprint.of(gpt2, 1000, 4) == Footprint.of(llama, 1000, 4)
    assert Footprint.of({"hidden_size": "many"}, 0, 2).kept > 0


def test_a_gpu_keeps_the_stored_type_and_a_cpu_computes_in_float32() -> None:
    assert (ON_GPU.device, ON_GPU.dtype, ON_GPU.on_gpu) == ("cuda:0", "auto", True)
    assert (ON_CPU.device, ON_CPU.dtype, ON_CPU.on_gpu) == ("cpu", "float32", False)


@pytest.mark.parametrize(("limit", "share"), [(None, 1), (GIB, 0.125), (9 * GIB, 1)])
def test_the_operators_limit_is_a_share_of_the_memory(limit: int | None, share: float) -> None:
    assert memory_fraction(limit, 8 * GIB) == share


def evaluated(folder: Path) -> dict[str, Any]:
    """What a model says with enough memory, with little, with none, and of a GPU that fails."""
    import torch
    from lm_eval.models.huggingface import HFLM

    from merge_worker.evaluate import harness, loaded
    from merge_worker.evaluate.answers import Answers
    from merge_worker.evaluate.device import Way
    from merge_worker.evaluate.settings import Settings
    from merge_worker.evaluate.tasks.local import load_task

    (task,) = (load_task(name, [folder / "tasks"]) for name in ("choice",))
    accepted = inspect.signature(HFLM.__init__).parameters.keys()
    given = harness.arguments(folder, None, ON_GPU)
    as_gpu = Way("cpu", "auto")  # a device that is here, in the place of the GPU
    seen: list[int] = []

    def limited(most: int, error: type[Exception] = torch.OutOfMemoryError) -> Any:
        def refuse(_: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
            rows = len((arguments or tuple(named.values()))[0])
            seen.append(rows)
            if rows > most:
                raise error("CUDA: planted\nand more")

        class Limited(harness.Harness):
            def __init__(self, model: Any, way: Way, *_: Any, **__: Any) -> None:
                super().__init__(model, as_gpu if way == ON_GPU else way)
                if way == ON_GPU:
                    self._model._shares = False  # as on a GPU
                    self._model.model.register_forward_pre_hook(refuse, with_kwargs=True)

        return Limited

    def measured(kind: Any) -> dict[str, Any]:
        loaded.Harness, loaded.gpu_fault, loaded.gpu_name = kind, lambda: None, lambda: "cuda:0"
        warnings: list[str] = []
        moves: list[bool] = []
        seen.clear()
        model = loaded.LoadedModel(
            harness.Stored(folder / "models" / "tiny"),
            on_gpu=True,
            gpu_limit=None,
            warn=warnings.append,
            before_move=lambda: moves.append(True),
        )
        settings = Settings("float32")
        results = [
            model.measure(task, settings, Answers(None), lambda done, total: None) for _ in range(2)
        ]
        values = [each.value for each in results]
        return {"values": values, "warnings": warnings, "moves": len(moves),
                "rows": list(dict.fromkeys(seen)), "calls": len(seen)}  # fmt: skip

    from test_evaluate_runs import job

    from merge_worker.kinds.evaluate import run

    asked = job(folder, "tiny", ["choice"]).model_copy(update={"hardware": "gpu"})
    asked.scratch_folder.mkdir(parents=True)
    sent: list[Any] = []
    tell: Any = SimpleNamespace(progress=lambda *_: None, send=sent.append, warn=lambda _: None)
    result = run(asked, asked.spec, tell)
    return {
        "run": {"device": result.device, "warnings": result.warnings},
        "needs": [each.needs.model_dump() for each in sent],
        "unknown": sorted(given.keys() - accepted),
        "given": {name: given[name] for name in ("device", "dtype", "trust_remote_code")},
        "enough": measured(limited(1000)),
        "little": measured(limited(5)),
        "none": measured(limited(0)),
        "broken": measured(limited(0, torch.AcceleratorError)),
    }


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    from test_evaluate_runs import benchmarks, llama

    folder = tmp_path_factory.mktemp("evaluate-gpu")
    llama(folder / "models" / "tiny")
    benchmarks(folder / "tasks")
    told = subprocess.run(
        [sys.executable, __file__, str(folder)],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    return dict(json.loads(told.splitlines()[-1]))


@pytest.mark.process
def test_the_harness_knows_every_argument(found: dict[str, Any]) -> None:
    assert found["unknown"] == ["use_safetensors"]  # goes on to transformers
    assert found["given"] == {"device": "cuda:0", "dtype": "auto", "trust_remote_code": False}


@pytest.mark.process
def test_batches_shrink_until_they_fit_and_the_scores_stay(found: dict[str, Any]) -> None:
    enough, little = found["enough"], found["little"]
    assert enough["warnings"] == little["warnings"] == []
    assert enough["rows"] == [8]  # both choices of an item are read from one row
    assert little["rows"] == [8, 4]
    assert little["values"] == pytest.approx(enough["values"])


@pytest.mark.process
def test_what_does_not_fit_at_all_is_evaluated_by_the_processor(found: dict[str, Any]) -> None:
    none = found["none"]
    assert none["values"] == pytest.approx(found["enough"]["values"])
    assert none["moves"] == 1  # the model stays there for the next benchmark
    assert (
        none["warnings"]
        == [
            "The GPU has not enough memory to evaluate choice row by row. "
            "The processor evaluated choice."
        ]
        * 2
    )


@pytest.mark.process
def test_a_gpu_that_failed_is_not_asked_again(found: dict[str, Any]) -> None:
    broken = found["broken"]
    assert broken["values"] == pytest.approx(found["enough"]["values"])
    assert (broken["moves"], broken["calls"]) == (1, 1)
    assert broken["warnings"] == [
        "The GPU failed to evaluate choice: CUDA: planted. "
        "The processor evaluated choice and what followed."
    ]


@pytest.mark.process
@pytest.mark.skipif(HAS_GPU, reason="there is a GPU")
def test_a_run_whose_gpu_cannot_be_used_is_evaluated_by_the_processor_and_says_so(
    found: dict[str, Any],
) -> None:
    assert found["run"]["device"] == "cpu"
    (warning,) = found["run"]["warnings"]
    assert warning.startswith("The GPU was not used: this PyTorch is built for CPUs only")
    on_gpu, on_cpu = found["needs"]  # the second lets the worker check that it has room
    assert (on_gpu["gpu_memory"] > 0, on_cpu["gpu_memory"]) == (True, 0)
    assert on_cpu["memory"] > on_gpu["memory"]


if __name__ == "__main__":
    print(json.dumps(evaluated(Path(sys.argv[1]))))
