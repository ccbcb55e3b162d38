"""Decodes bf16, fp16, fp32 and fp64 to float32, and encodes float32 to bf16, fp16 and fp32.

Rounding is to nearest, ties to even. Infinities stay infinite; NaN stays NaN (made quiet).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from merge_worker.engine.files.dtypes import BF16, F16, F32
from merge_worker.engine.machine.compilable import compilable

_QUANTUM_SHIFT = np.float32(2.0**112)
"""Float16 bits, shifted to float32's position, have an exponent that is 112 too small."""
_SUBNORMALS = np.float32(2.0**24)
"""Subnormal float16 numbers are multiples of 2⁻²⁴."""
_ONE_F32 = np.float32(1)
MAGNITUDE = np.uint32(0x7FFFFFFF)
INFINITY_BITS = np.uint32(0x7F800000)
"""The bits of infinity; those of NaN are larger."""
_F16_END = np.uint32(0x477FF000)
_BF16_END = np.uint32(0x7F7F8000)
_U13 = np.uint32(13)
_U16 = np.uint32(16)
_ONE = np.uint32(1)


@compilable
def decode(raw: Any, code: int, start: int, stop: int, out: Any) -> None:
    """Decode elements [start, stop) of the bytes `raw` into `out` (float32, from 0)."""
    if code == BF16:
        _decode_bf16(raw.view(np.uint16)[start:stop], out.view(np.uint32))
    elif code == F16:
        _decode_f16(raw.view(np.uint16)[start:stop], out, out.view(np.uint32))
    elif code == F32:
        _copy(raw.view(np.float32)[start:stop], out)
    else:
        _copy(raw.view(np.float64)[start:stop], out)


@compilable
def encode(values: Any, code: int, raw: Any, start: int, stop: int) -> None:
    """Encode the first stop - start of `values` (float32) as elements [start, stop) of `raw`."""
    if code == BF16:
        _encode_bf16(values.view(np.uint32), raw.view(np.uint16)[start:stop])
    elif code == F16:
        _encode_f16(values, values.view(np.uint32), raw.view(np.uint16)[start:stop])
    else:
        _copy(values[: stop - start], raw.view(np.float32)[start:stop])


@compilable
def end_of(code: int) -> Any:
    """The bits of the smallest float32 magnitude that `encode` makes infinite."""
    if code == BF16:
        return _BF16_END
    if code == F16:
        return _F16_END
    return INFINITY_BITS


@compilable
def _copy(values: Any, out: Any) -> None:
    for j in range(values.size):
        out[j] = np.float32(values[j])


@compilable
def _decode_bf16(bits: Any, out: Any) -> None:
    for j in range(bits.size):
        out[j] = np.uint32(bits[j]) << _U16


@compilable
def _decode_f16(bits: Any, out: Any, out_bits: Any) -> None:
    for j in range(bits.size):
        out_bits[j] = np.uint32(bits[j] & np.uint16(0x7FFF)) << _U13
    for j in range(bits.size):
        out[j] *= _QUANTUM_SHIFT
    for j in range(bits.size):
        half = np.uint32(bits[j])
        finite = (half & np.uint32(0x7C00)) != np.uint32(0x7C00)
        special = np.uint32(0x7F800000) | ((half & np.uint32(0x3FF)) << _U13)
        sign = (half & np.uint32(0x8000)) << _U16
        out_bits[j] = sign | (out_bits[j] if finite else special)


@compilable
def _encode_bf16(bits: Any, out: Any) -> None:
    for j in range(out.size):
        full = bits[j]
        magnitude = full & np.uint32(0x7FFFFFFF)
        top = full >> _U16
        # At most 0x7F80FFFF for what is not NaN: the carry stays below the sign.
        odd = np.uint32(0x7FFF) + (top & _ONE)
        rounded = (top & np.uint32(0x8000)) | (np.uint32(magnitude + odd) >> _U16)
        is_nan = magnitude > np.uint32(0x7F800000)
        out[j] = np.uint16((top | np.uint32(0x40)) if is_nan else rounded)


@compilable
def _encode_f16(values: Any, bits: Any, out: Any) -> None:
    for j in range(out.size):
        magnitude = bits[j] & np.uint32(0x7FFFFFFF)
        odd = np.uint32(0xFFF) + ((magnitude >> _U13) & _ONE)
        # Exponents are rebased by 112 only if the result is normal.
        rebased = max(magnitude, np.uint32(0x38000000)) - np.uint32(0x38000000)
        half = np.uint32(rebased + odd) >> _U13
        if magnitude < np.uint32(0x38800000):
            half = np.uint32(np.rint(min(abs(values[j]), _ONE_F32) * _SUBNORMALS))
        if magnitude >= np.uint32(0x477FF000):
            half = np.uint32(0x7C00)
        if magnitude > np.uint32(0x7F800000):
            half = np.uint32(0x7E00) | ((magnitude >> _U13) & np.uint32(0x3FF))
        sign = (bits[j] >> _U16) & np.uint32(0x8000)
        out[j] = np.uint16(half | sign)
