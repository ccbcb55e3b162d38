"""Compiled loops for tensors that are held whole: operands decoded, values encoded."""

from __future__ import annotations

from typing import Any

from merge_worker.engine.machine.compiled import kernel

from .codecs import decode, encode, end_of
from .fill_kernel import count_made, count_nonfinite, largest, one_nan


@kernel("u1[:], i8, f4[:], i8[:]")
def decode_counted(raw: Any, code: int, out: Any, nonfinite: Any) -> None:
    """Decode all of `raw` (uint8) to float32; count not finite elements in `nonfinite[0]`."""
    decode(raw, code, 0, out.size, out)
    nonfinite[0] = count_nonfinite(out, out.size)


@kernel("f4[:], i8, u1[:], i8[:]")
def encode_counted(values: Any, code: int, out: Any, made: Any) -> None:
    """Encode all of `values`, and add to `made` (MADE counts) as `fill_kernel` does.

    Every NaN becomes the same one, in `values` too.
    """
    for j in range(values.size):
        values[j] = one_nan(values[j])
    encode(values, code, out, 0, values.size)
    end = end_of(code)
    if largest(values, values.size) >= end:
        count_made(values, values.size, end, made)
