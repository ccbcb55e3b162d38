"""The parts of the GPU benchmark that need no GPU: its recipes, its ratios, and what it says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.gpu import __main__ as bench
from benchmarks.gpu.limits import Limits
from benchmarks.gpu.recipes import operands, recipe
from benchmarks.gpu.table import COLUMNS, Result, heading, row
from merge_worker.engine.methods import discover
from mergehub.recipe import ingredients, parse_to_merge

LIMITS = Limits(into=50e9, out=25e9, memory=4000e9)
HAS_GPU = shutil.which("nvidia-smi") is not None


def result(**changes: object) -> Result:
    given = {"method": "ties", "gpu": 3.0, "cpu": 9.0, "peer": 30.0, "start": 1.0,
             "into": 40_000_000_000, "out": 10_000_000_000, "equal": True}  # fmt: skip
    return Result(**(given | changes))  # type: ignore[arg-type]


def test_a_line_has_ratios_to_the_cpu_the_peer_and_the_limits() -> None:
    # 50 GB in 2 s without the start; in: 40/50 = 0.8 s of the bus; memory: 50/4000 = 0.0125 s
    assert dict(zip(COLUMNS, row(result(), LIMITS), strict=True)) == {
        "method": "ties",
        "GPU s": "3.00",
        "CPU s": "9.00",
        "times the CPU": "3.0",
        "mergekit --cuda s": "30.00",
        "times mergekit": "10.0",
        "GB/s": "25.00",
        "of the bus": "40.0 %",
        "of the memory": "0.6 %",
        "bytes equal": "yes",
    }


def test_the_slower_direction_of_the_bus_counts() -> None:
    assert LIMITS.bus_seconds(50_000_000_000, 10_000_000_000) == pytest.approx(1)
    assert LIMITS.bus_seconds(10_000_000_000, 50_000_000_000) == pytest.approx(2)


def test_what_was_not_measured_is_empty_and_a_difference_stands_out() -> None:
    line = row(result(peer=None, gpu=0.5, equal=False), LIMITS)
    assert line == ["ties", "0.50", "9.00", "18.0", "", "", "", "", "", "NO"]


def test_a_merge_that_the_processor_helped_with_does_not_count() -> None:
    helped = result(warnings=("The GPU lacked memory.",))
    assert row(helped, LIMITS)[-1] == "but not by the GPU alone: The GPU lacked memory."
    assert [result().sound, helped.sound, result(equal=False).sound] == [True, False, False]


def test_the_heading_names_the_card_and_its_limits() -> None:
    said = heading("cuda:0 (NVIDIA H200)", "7b", 16, LIMITS, 1.25)
    assert said.startswith("## 7b on cuda:0 (NVIDIA H200), 16 processors")
    assert "50.0 GB/s to the card, 25.0 GB/s from it; its memory: 4000 GB/s" in said
    assert said.splitlines()[-1].count("---") == len(COLUMNS)


@pytest.mark.parametrize("method", sorted(discover()))
def test_there_is_a_sound_recipe_for_every_method(method: str) -> None:
    text = recipe(method, Path("/models"))
    parsed, warnings = parse_to_merge(text)
    assert parsed.merge_method == method
    assert not warnings
    assert operands(method) == len(ingredients(parsed))


@pytest.mark.skipif(HAS_GPU, reason="there is a GPU")
def test_without_a_gpu_it_says_what_it_needs() -> None:
    with pytest.raises(SystemExit, match="This benchmark needs an NVIDIA GPU: "):
        bench._card()
