"""Machine code on disk: made once, found again, not trusted if it is damaged."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from merge_worker.engine.files.dtypes import F32
from merge_worker.engine.kernels.fill_kernel import SCRATCH, WIDTH, fill_kernel
from merge_worker.engine.kernels.formula import Formula
from merge_worker.engine.machine import compiled as module
from merge_worker.engine.machine.compilable import compilable
from merge_worker.engine.machine.compiled import compiled, kernel
from merge_worker.engine.machine.machine_code import argument_types

pytestmark = pytest.mark.slow


@compilable
def triple(x: Any) -> Any:
    """Three times x."""
    return x + x + x


helper = triple


@kernel("f4[:], (f8[:], f4[:,:]), b1, u8, f4[:]")
def everything(a: Any, pair: Any, negate: bool, count: int, out: Any) -> None:
    """Use an argument of each kind."""
    for j in range(count):
        value = triple(a[j]) + np.float32(pair[0][j]) + pair[1][1, j]
        out[j] = -value if negate else value


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "mergehub" / "compiled"


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the functions that are actually compiled."""
    made: list[str] = []
    real: Callable[..., bytes] = module.build

    def counted(function: Any, signature: str) -> bytes:
        made.append(function.__name__)
        return real(function, signature)

    monkeypatch.setattr(module, "build", counted)
    return made


def arguments() -> tuple[Any, ...]:
    a = np.arange(5, dtype=np.float32)
    matrix = np.arange(10, dtype=np.float32).reshape(2, 5)
    return a, (np.full(5, 0.5), matrix), True, 4, np.zeros(5, np.float32)


def test_every_kind_of_argument_arrives() -> None:
    plain, machine = arguments(), arguments()
    everything.__wrapped__(*plain)
    everything(*machine)
    assert machine[-1].tolist() == plain[-1].tolist() == [-5.5, -9.5, -13.5, -17.5, 0]


def test_a_function_is_compiled_once_for_all_processes(cache: Path, builds: list[str]) -> None:
    for _ in range(2):
        call = compiled(everything.__wrapped__, "f4[:], (f8[:], f4[:,:]), b1, u8, f4[:]")
        each = arguments()
        call(*each)
        assert each[-1][0] == -5.5
    assert builds == ["everything"]
    assert len(list(cache.iterdir())) == 1


def test_damaged_code_is_made_anew(cache: Path, builds: list[str]) -> None:
    signature = "f4[:], (f8[:], f4[:,:]), b1, u8, f4[:]"
    compiled(everything.__wrapped__, signature)
    (kept,) = cache.iterdir()
    text = bytearray(kept.read_bytes())
    text[len(text) // 2] ^= 1
    kept.write_bytes(text)
    compiled(everything.__wrapped__, signature)
    kept.write_bytes(b"short")
    each = arguments()
    compiled(everything.__wrapped__, signature)(*each)
    assert each[-1][0] == -5.5
    assert builds == ["everything"] * 3


def test_without_a_place_for_its_code_it_still_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, builds: list[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    each = arguments()
    compiled(everything.__wrapped__, "f4[:], (f8[:], f4[:,:]), b1, u8, f4[:]")(*each)
    assert each[-1][0] == -5.5


def filler(value: Any) -> Callable[..., Any]:
    """A loop whose code depends on a variable of its closure."""

    def loop(out: Any) -> None:
        for j in range(len(out)):
            out[j] = value

    return loop


def test_code_is_told_apart_by_all_that_it_depends_on(cache: Path) -> None:
    out, wide = np.zeros(1, np.float32), np.zeros(1)
    for value in (1.0, 2.0):
        compiled(filler(value), "f4[:]")(out)
        compiled(filler(value), "f8[:]")(wide)
        assert (out[0], wide[0]) == (value, value)
    assert len(list(cache.iterdir())) == 4


def pair(first: bool, second: bool) -> Callable[..., Any]:
    """A loop with two variables of the same kind, which must not be confused."""

    def loop(out: Any) -> None:
        out[0] = 1 if first else (2 if second else 3)

    return loop


def test_variables_are_told_apart_by_their_names(cache: Path) -> None:
    out = np.zeros(1)
    for values, expected in (((True, False), 1), ((False, True), 2), ((False, False), 3)):
        compiled(pair(*values), "f8[:]")(out)
        assert out[0] == expected


def test_a_function_that_another_one_calls_is_part_of_its_code(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loop(out: Any) -> None:
        out[0] = helper(np.float32(out[0]))

    for text in ("x + x", "x * x"):
        made = compilable(eval(f"lambda x: {text}"))
        monkeypatch.setitem(loop.__globals__, "helper", made)
        out = np.full(1, 3.0)
        compiled(loop, "f8[:]")(out)
        assert out[0] == eval(text, {"x": 3})


def test_weights_along_rows_and_columns_have_loops_of_their_own() -> None:
    lines: dict[Any, tuple[list[int], int]] = {
        None: ([1, 9], 1), "row": ([1, 2], 2), "column": ([1, 3], 3)
    }  # fmt: skip
    for each, (line, expected) in lines.items():
        loop = fill_kernel.__wrapped__(Formula(), False, each, "", "")
        weights = np.array([line], np.float32)
        out = np.zeros(16, np.uint8)
        raw, codes = np.ones(4, np.float32).view(np.uint8).reshape(1, 16), np.array([F32])
        no_keys, no_ranks = np.zeros(1, np.uint64), np.zeros((1, 1), np.float32)
        scratch, counts = np.empty((SCRATCH + 1, WIDTH), np.float32), np.zeros(1, np.int64)
        loop(raw, codes, 0, 4, 2, weights, (), (), no_keys, no_ranks, scratch, out, F32, counts)
        assert out.view(np.float32)[3] == expected


def test_code_that_would_need_more_than_itself_is_refused(cache: Path) -> None:
    def allocates(out: Any) -> None:
        out[0] = np.empty(len(out))[0]

    def calls(out: Any) -> None:
        out[0] = math.lgamma(out[0])

    with pytest.raises(Exception, match="No implementation of function"):
        compiled(allocates, "f8[:]")
    with pytest.raises(AssertionError, match=r"may call nothing outside: .*lgamma"):
        compiled(calls, "f8[:]")


def test_the_types_of_a_signature_are_told_apart() -> None:
    assert argument_types("u1[:,:], (), (f4[:], u8), b1") == ["u1[:,:]", "f4[:]", "u8", "b1"]


WARM = """
import sys
from pathlib import Path
from merge_worker.engine import Sources, merge, plan_merge
from mergehub.recipe import parse_recipe

folder = Path(sys.argv[1])
plan = plan_merge(parse_recipe((folder / "recipe.yml").read_text()), Sources(roots=(folder,)))
merge(plan, folder / "again")
print("numba" in sys.modules)
"""


@pytest.mark.process
def test_a_warm_merge_imports_no_compiler(workshop: Any) -> None:
    for name, seed in (("a", 1), ("b", 2)):
        workshop.model(name, workshop.llama(seed))
    recipe = {"merge_method": "linear", "models": [{"model": "./a"}, {"model": "./b"}]}
    workshop.merge(recipe)
    (workshop.folder / "recipe.yml").write_text(json.dumps(recipe))
    command = [sys.executable, "-c", WARM, str(workshop.folder)]
    warm = subprocess.run(command, capture_output=True, text=True, check=True)
    assert warm.stdout.strip() == "False"
