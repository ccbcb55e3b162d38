"""Every bfloat16 and float16, and the difficult float32 values, compared with NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from merge_worker.engine.files.dtypes import BF16, F16, F32, F64
from merge_worker.engine.kernels.codecs import decode, encode
from merge_worker.engine.machine.compiled import kernel

EVERY_16_BITS = np.arange(1 << 16, dtype=np.uint32).astype(np.uint16)


def decode_block(raw: NDArray[np.uint8], code: int, out: NDArray[np.float32]) -> None:
    decode(raw, code, 0, out.size, out)


def encode_block(values: NDArray[np.float32], code: int, raw: NDArray[np.uint8]) -> None:
    encode(values, code, raw, 0, values.size)


DECODE = kernel("u1[:], i8, f4[:]")(decode_block)
ENCODE = kernel("f4[:], i8, u1[:]")(encode_block)


def decoded(stored: NDArray[np.generic], code: int) -> NDArray[np.float32]:
    out = np.empty(stored.size, np.float32)
    DECODE(stored.view(np.uint8), code, out)
    return out


def encoded(values: NDArray[np.float32], code: int) -> NDArray[np.uint16]:
    raw = np.empty(values.size * 2, np.uint8)
    ENCODE(values, code, raw)
    return raw.view(np.uint16)


def hard_float32() -> NDArray[np.float32]:
    """Random bits, halfway cases between 16-bit numbers, subnormals, overflows."""
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 1 << 32, 1 << 20, dtype=np.uint64).astype(np.uint32)
    halfway = EVERY_16_BITS.astype(np.uint32) << 16
    near = [halfway | low for low in (0x7FFF, 0x8000, 0x8001)]
    halves = EVERY_16_BITS.view(np.float16)
    with np.errstate(over="ignore", invalid="ignore"):
        wide = halves.astype(np.float64)
        middle = (wide + np.nextafter(halves, np.float16(np.inf)).astype(np.float64)) / 2
        exact = np.concatenate([middle, wide]).astype(np.float32).view(np.uint32)
    exact = np.append(exact, np.float32(65520).view(np.uint32))  # halfway to infinity
    edges = [exact, exact + np.uint32(1), exact - np.uint32(1)]
    return np.concatenate([bits, *near, *edges]).astype(np.uint32).view(np.float32)


def test_every_bfloat16_is_the_upper_half_of_its_float32() -> None:
    expected = EVERY_16_BITS.astype(np.uint32) << 16
    assert (decoded(EVERY_16_BITS, BF16).view(np.uint32) == expected).all()


def test_every_float16_decodes_as_numpy_decodes_it() -> None:
    expected = EVERY_16_BITS.view(np.float16).astype(np.float32)
    found = decoded(EVERY_16_BITS, F16)
    numbers = ~np.isnan(expected)
    assert (found.view(np.uint32)[numbers] == expected.view(np.uint32)[numbers]).all()
    assert np.isnan(found[~numbers]).all()


def test_every_16_bit_number_survives_decoding_and_encoding() -> None:
    for code, infinity in ((BF16, 0x7F80), (F16, 0x7C00)):
        again = encoded(decoded(EVERY_16_BITS, code), code)
        quiet = 0x40 if code == BF16 else 0x200
        is_nan = infinity < (EVERY_16_BITS & 0x7FFF)
        assert (again == np.where(is_nan, EVERY_16_BITS | quiet, EVERY_16_BITS)).all()


def test_float32_rounds_to_the_nearest_float16_ties_to_even() -> None:
    values = hard_float32()
    with np.errstate(over="ignore", invalid="ignore"):
        expected = values.astype(np.float16)
    found = encoded(values, F16)
    numbers = ~np.isnan(values)
    assert (found[numbers] == expected.view(np.uint16)[numbers]).all()
    assert np.isnan(found.view(np.float16)[~numbers]).all()


def test_float32_rounds_to_the_nearest_bfloat16_ties_to_even() -> None:
    values = hard_float32()
    numbers = values[np.isfinite(values)]
    bits = numbers.view(np.uint32)
    up = ((bits >> 16) + 1) << 16
    overflows = (up & 0x7FFFFFFF) >= 0x7F800000  # the next number would be 2¹²⁸
    next_one = np.where(overflows, 0, up).astype(np.uint32).view(np.float32).astype(np.float64)
    above = np.where(overflows, np.copysign(2.0**128, numbers.astype(np.float64)), next_one)
    below = ((bits >> 16) << 16).view(np.float32).astype(np.float64)
    low, high = np.abs(numbers - below), np.abs(above - numbers)
    even = np.where((bits >> 16) & 1 == 0, below, above)
    nearest = np.where(low < high, below, np.where(high < low, above, even))
    expected = np.where(np.abs(nearest) == 2.0**128, np.copysign(np.inf, nearest), nearest)
    assert (decoded(encoded(numbers, BF16), BF16) == expected).all()


def test_infinity_and_nan_stay_what_they_are_in_bfloat16() -> None:
    values = hard_float32()
    found = decoded(encoded(values, BF16), BF16)
    assert (np.isnan(found) == np.isnan(values)).all()
    assert (found[np.isinf(values)] == values[np.isinf(values)]).all()


def test_float32_passes_unchanged_and_float64_is_rounded() -> None:
    values = hard_float32()
    values = values[~np.isnan(values)]
    assert (decoded(values, F32) == values).all()
    wide = np.array([1 + 2.0**-24, 1 + 3 * 2.0**-24, 1e-300, -1.5])
    assert decoded(wide, F64).tolist() == wide.astype(np.float32).tolist()


@pytest.mark.parametrize(("code", "kind"), [(BF16, None), (F16, np.float16), (F32, np.float32)])
def test_codecs_of_a_part_leave_the_rest_alone(code: int, kind: Any) -> None:
    values = np.arange(6, dtype=np.float32) + 0.5
    stored = (
        (values.view(np.uint32) >> 16).astype(np.uint16) if kind is None else values.astype(kind)
    )
    out, raw = np.zeros(3, np.float32), np.zeros_like(stored)
    decode(stored.view(np.uint8), code, 2, 5, out)
    assert out.tolist() == values[2:5].tolist()
    encode(values, code, raw.view(np.uint8), 1, 4)
    assert raw.tolist() == [0, *stored[:3], 0, 0]


@pytest.mark.parametrize("code", [BF16, F16])
def test_the_plain_functions_agree_with_the_compiled_ones(code: int) -> None:
    values = hard_float32()[:: 1 << 13].copy()
    raw, plain = np.empty(values.size * 2, np.uint8), np.empty(values.size, np.float32)
    encode_block(values, code, raw)
    assert (raw.view(np.uint16) == encoded(values, code)).all()
    decode_block(raw, code, plain)
    again = decoded(raw.view(np.uint16), code)
    assert (plain.view(np.uint32) == again.view(np.uint32)).all()
