"""How two tensors differ, against NumPy's own arithmetic on the whole arrays."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from merge_worker.engine import CheckpointError
from merge_worker.engine.differences import BLOCK, Difference, difference
from merge_worker.engine.files.header import Region

KINDS = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "I32": np.int32, "U8": np.uint8}


def compared(dtype: str, left: NDArray[Any], right: NDArray[Any], offset: int = 0) -> Difference:
    files = [os.memfd_create("side"), os.memfd_create("side")]
    try:
        for file, values in zip(files, (left, right), strict=True):
            os.pwrite(file, values.tobytes(), offset)
        region = Region("side", offset, dtype, left.shape)
        return difference((files[0], region), (files[1], region))
    finally:
        for file in files:
            os.close(file)


@given(
    st.sampled_from(sorted(KINDS)),
    st.integers(0, 2**32 - 1),
    st.integers(0, 40),
    st.integers(0, 40),
)
def test_the_count_and_the_largest_difference_are_numpys(
    dtype: str, seed: int, size: int, changed: int
) -> None:
    draw = np.random.default_rng(seed)
    left = (draw.standard_normal(size) * 100).astype(np.int64).astype(KINDS[dtype])
    right = left.copy()
    places = draw.integers(0, max(1, size), min(changed, size))
    right[places] = (draw.standard_normal(len(places)) * 100).astype(np.int64).astype(KINDS[dtype])
    unequal = left != right
    found = compared(dtype, left, right, offset=64)
    assert found.elements == np.count_nonzero(unequal)
    apart = np.abs(left.astype(np.float64) - right.astype(np.float64))
    assert found.largest == (apart.max() if unequal.any() else None)


def test_bfloat16_is_the_upper_half_of_float32() -> None:
    left = np.array([1.0, -2.5, 3.0], np.float32)
    right = np.array([1.0, -2.0, 4.5], np.float32)
    halves = [(each.view(np.uint32) >> 16).astype(np.uint16) for each in (left, right)]
    assert compared("BF16", *halves) == Difference(2, 1.5)


def test_what_is_not_finite_counts_and_has_no_size() -> None:
    left = np.array([np.nan, np.inf, 1.0, np.inf], np.float32)
    right = np.array([np.nan, 2.0, np.nan, -np.inf], np.float32)
    assert compared("F32", left, right) == Difference(3, None)
    left, right = (np.append(each, n).astype(np.float32) for each, n in ((left, 5), (right, 7)))
    assert compared("F32", left, right) == Difference(4, 2.0)


def test_a_negative_zero_has_other_bits() -> None:
    assert compared("F32", np.array([0.0], np.float32), np.array([-0.0], np.float32)) == (
        Difference(1, 0.0)
    )


def test_a_type_that_numpy_lacks_is_counted() -> None:
    left, right = np.array([1, 2, 3], np.uint8), np.array([1, 9, 9], np.uint8)
    assert compared("F8_E4M3", left, right) == Difference(2, None)


def test_a_tensor_of_several_blocks_is_compared_to_its_end() -> None:
    left = np.zeros(BLOCK // 4 + 3, np.float32)
    right = left.copy()
    right[0], right[-1] = 1, -7
    assert compared("F32", left, right) == Difference(2, 7.0)


def test_a_file_that_is_cut_short_is_named(tmp_path: Path) -> None:
    path = tmp_path / "short"
    path.write_bytes(b"\0" * 7)
    region = Region("short", 0, "F32", (2,))
    with path.open("rb") as file, pytest.raises(CheckpointError, match="short is cut short"):
        difference((file.fileno(), region), (file.fileno(), region))
