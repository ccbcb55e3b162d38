"""The kernel that fills a block of an output tensor by a method's formula on a CUDA device.

A thread computes one element with the same functions as the CPU's loop: the formula's, the codecs'
and the generator's. A product and a sum are rounded separately, and subnormal numbers are kept. So
every element has the same bits as on the CPU.

This module imports numba's CUDA target: only `engine.cuda` imports it, when a device is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from types import CellType, FunctionType, ModuleType
from typing import Any, Final, Self

import numpy as np
from numba import cuda as numba_cuda

from merge_worker.engine.errors import DeviceError
from merge_worker.engine.kernels.codecs import INFINITY_BITS, MAGNITUDE, decode, encode, end_of
from merge_worker.engine.kernels.fill_kernel import FACTS_OF, one_nan
from merge_worker.engine.kernels.formula import Along, Formula
from merge_worker.engine.kernels.randomness import draw
from merge_worker.engine.machine.compilable import Function, marked
from merge_worker.engine.machine.compiled import once
from merge_worker.engine.method import Prepared

from .device import simulated

cuda: Any = numba_cuda

THREADS: Final = 256
"""How many threads a block of the grid has."""

_ZERO = np.float32(0)
_INFINITY = np.float32(np.inf)
_ALL_WHOLE = np.float32(2.0**23)


@dataclass(frozen=True)
class Signature:
    """The types of those arguments of a kernel that depend on the method, by NumPy's names."""

    facts: tuple[str, ...] = ()
    merge_facts: tuple[str, ...] = ()

    @classmethod
    def of(cls, prepared: Prepared) -> Self:
        """The signature for a prepared formula."""
        types = (np.dtype(type(each)).name for each in prepared.merge_facts)
        return cls(tuple(fact.dtype.name for fact in prepared.facts), tuple(types))

    def __str__(self) -> str:
        of_models = "".join(f"{name}[::1], " for name in self.facts)
        of_merge = "".join(f"{name}, " for name in self.merge_facts).replace("bool,", "boolean,")
        return (
            "void(uint8[:,::1], int64[::1], int64, int64, int64, float32[:,::1], "
            f"Tuple(({of_models})), Tuple(({of_merge})), uint64[::1], float32[:,::1], "
            "uint8[::1], int64, int64[::1])"
        )


_device: Callable[[Function], Any] = cuda.jit(device=True)


@_device
def _no_vote(value: Any, weight: Any) -> Any:
    return _ZERO


@_device
def _two_and_zero(a: Any, b: Any) -> Any:
    return a, b, _ZERO


@_device
def _first_two(a: Any, b: Any, c: Any) -> Any:
    return a, b


@_device
def _all_three(a: Any, b: Any, c: Any) -> Any:
    return a, b, c


@_device
def _least(a: Any, b: Any) -> Any:
    return b if b < a else a


@_device
def _greatest(a: Any, b: Any) -> Any:
    return b if b > a else a


@_device
def _nearest(value: Any) -> Any:
    """Round a float32 from 0 to 2²³ to the nearest whole number, ties to even."""
    return value + _ALL_WHOLE - _ALL_WHOLE


@once
def cuda_kernel(
    formula: Formula, has_base: bool, along: Along | None, signature: Signature, device: int
) -> Any:
    """Compile the kernel of a formula for the device in use, which has this number.

    Raises:
        DeviceError: the compiler contracts products and sums nevertheless.
    """
    function = fill_function(formula, has_base, along, len(signature.facts))
    with uncontracted():
        kernel = cuda.jit(str(signature))(function)
        assemblies = [] if simulated() else kernel.inspect_asm().values()
    if any("fma.rn.f32" in assembly for assembly in assemblies):
        raise DeviceError(
            "the installed numba-cuda rounds a product and a sum in one step, so the output would "
            "differ from that of other devices: install the version that 'mergehub-worker[cuda]' "
            "requires"
        )
    return kernel


@contextmanager
def uncontracted() -> Iterator[None]:
    """Compile without fused multiply-adds meanwhile; numba has no option for this."""
    if simulated():
        yield
        return
    from numba.cuda.cudadrv import nvvm

    plain = nvvm.compile_ir
    nvvm.compile_ir = partial(plain, fma=False)
    try:
        yield
    finally:
        nvvm.compile_ir = plain


def fill_function(formula: Formula, has_base: bool, along: Along | None, facts: int) -> Function:
    """Return the kernel before compilation; its arguments are those of `fill_kernel.fill_loop`.

    Only scratch is missing, since each thread holds a single element.
    """
    value, share, result = formula.value, formula.share, formula.result
    vote = formula.vote or _no_vote
    votes, drawn, ranked = formula.vote is not None, formula.drawn, formula.ranked
    by_row, by_column = along == "row", along == "column"
    facts_of = FACTS_OF[facts]
    three, sums = (_two_and_zero, _first_two) if formula.sums == 2 else (_all_three, _all_three)
    skip = 1 if has_base else 0

    def value_of(
        raw: Any,
        codes: Any,
        i: int,
        j: int,
        at: int,
        base: Any,
        facts: Any,
        keys: Any,
        ranks: Any,
        cell: Any,
    ) -> Any:
        decode(raw[i + skip], codes[i + skip], j, j + 1, cell)
        return value(
            cell[0],
            base,
            np.uint64(at),
            draw(np.uint64(at), keys[i]) if drawn else _ZERO,
            ranks[i, j] if ranked else _ZERO,
            *facts_of(facts, i),
        )

    of_model = on_device(value_of)

    def fill(
        raw: Any,
        codes: Any,
        first: int,
        size: int,
        columns: int,
        weights: Any,
        facts: Any,
        merge_facts: Any,
        keys: Any,
        ranks: Any,
        out: Any,
        out_code: int,
        nonfinite: Any,
    ) -> None:
        j = cuda.grid(1)
        if j >= size:
            return
        cell = cuda.local.array(1, np.float32)
        at = first + j
        line = at // columns if by_row else (at % columns if by_column else 0)
        for i in range(len(codes)):
            decode(raw[i], codes[i], j, j + 1, cell)
            if not abs(cell[0]) < _INFINITY:
                cuda.atomic.add(nonfinite, i, 1)
        base = _ZERO
        if has_base:
            decode(raw[0], codes[0], j, j + 1, cell)
            base = cell[0]
        elected = _ZERO
        if votes:
            for i in range(len(weights)):
                v = of_model(raw, codes, i, j, at, base, facts, keys, ranks, cell)
                elected = np.float32(elected + vote(v, weights[i, line]))
        a, b, c = _ZERO, _ZERO, _ZERO
        for i in range(len(weights)):
            v = of_model(raw, codes, i, j, at, base, facts, keys, ranks, cell)
            shares = three(*share(v, weights[i, line], elected))
            a = np.float32(a + shares[0])
            b = np.float32(b + shares[1])
            c = np.float32(c + shares[2])
        cell[0] = one_nan(result(sums(a, b, c), base, np.uint64(at), *merge_facts))
        magnitude = cell.view(np.uint32)[0] & MAGNITUDE
        if magnitude > INFINITY_BITS:
            cuda.atomic.add(nonfinite, len(codes) + 1, 1)
        elif magnitude >= end_of(out_code):
            cuda.atomic.add(nonfinite, len(codes), 1)
            if magnitude < INFINITY_BITS:
                cuda.atomic.add(nonfinite, len(codes) + 2, 1)
        encode(cell, out_code, out, j, j + 1)

    return _with_device_functions(fill)


# Turns a function for the CPU into one for the device: the same code, in which the name of each
# `compilable` function refers to its device function. `min` and `max` are Python's there too, since
# CUDA's drop a NaN; and `rint` is replaced, since the CUDA target lacks NumPy's.


@cache
def on_device(function: Function) -> Any:
    """Return a function as one that kernels can call."""
    return _device(_with_device_functions(function))


def _with_device_functions(function: Function) -> Function:
    names = function.__globals__ | _SUBSTITUTES
    used = {
        name: _device_value(names[name]) for name in function.__code__.co_names if name in names
    }
    cells = tuple(
        CellType(_device_value(cell.cell_contents)) for cell in function.__closure__ or ()
    )
    return FunctionType(function.__code__, names | used, function.__name__, None, cells)


def _device_value(value: Any) -> Any:
    return on_device(value) if isinstance(value, FunctionType) and value in marked else value


_SUBSTITUTES: Final[dict[str, Any]] = {"min": _least, "max": _greatest, "np": ModuleType("numpy")}
_SUBSTITUTES["np"].__dict__.update(vars(np), rint=_nearest)
