"""The divergence of rows, its exponential and its logarithm, compared with the library's."""

from __future__ import annotations

import inspect
import math
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from merge_worker.engine.arithmetic.divergence import (
    FAR,
    divergence,
    divergences_of_rows,
    exponential,
    logarithm,
    row_divergences,
    softmax,
)
from merge_worker.engine.files.dtypes import BF16
from merge_worker.engine.method import Block

Array = NDArray[np.float64]


def soft(rows: Array) -> Array:
    powers = np.exp(rows - rows.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True) + 1e-8


@pytest.mark.parametrize("x", [0.0, -1e-12, -0.3, -1.0, -7.77, -30.0, -48.0, -63.9])
def test_the_exponential_is_that_of_the_library_to_13_digits(x: float) -> None:
    accuracy = 1e-13 if x >= -48 else 5e-12
    assert exponential(x) == pytest.approx(math.exp(x), rel=accuracy, abs=0)


@pytest.mark.parametrize("x", [-65.0, -1e30, -math.inf, math.nan])
def test_the_exponential_ends_where_nothing_is_left(x: float) -> None:
    assert exponential(x) == exponential(FAR) < 1e-27


@pytest.mark.parametrize("x", np.linspace(-64, 0, 257))
def test_the_exponential_is_the_documented_series_to_the_last_bit(x: float) -> None:
    y, power = x / 128, 1.0
    for n in range(12, 0, -1):
        power = 1 + y / n * power
    for _ in range(7):
        power *= power
    assert exponential(x) == power


def test_the_exponential_begins_at_64() -> None:
    assert exponential(-65.0) == exponential(-64.0) < exponential(-63.9)


def test_the_logarithm_is_the_documented_series_to_the_last_bit() -> None:
    rng = np.random.default_rng(0)
    wide, longest = rng.uniform(0, 32, 5000), rng.uniform(0.45, 0.55, 5000)  # s is largest near √2
    ratios = np.append(np.exp2([*wide, *longest]), np.sqrt(2))
    rest, exponent = np.frexp(ratios)  # rest from 0.5 to 1
    low = rest <= np.sqrt(0.5)
    rest, exponent = np.where(low, 2 * rest, rest), exponent - low
    s = (rest - 1) / (rest + 1)
    series = 1 / 19 + s * s / 21
    for n in range(17, 1, -2):
        series = 1 / n + s * s * series
    expected = exponent * math.log(2) + 2 * s * (1 + s * s * series)
    assert [logarithm(ratio) for ratio in ratios] == expected.tolist()


@pytest.mark.parametrize(
    "ratio", [1 + 1e-9, 1.01, 1.4132642, 1.4142, 1.4143, 2.0, 3.7, 1e4, 1e8, 2.0**31]
)
def test_the_logarithm_is_that_of_the_library_to_15_digits(ratio: float) -> None:
    assert logarithm(1.0) == 0
    assert logarithm(ratio) == pytest.approx(math.log(ratio), rel=1e-15, abs=0)


@pytest.mark.parametrize("level", [0, 100, -100])
def test_the_divergence_is_that_of_the_definition(level: float) -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((2, 50)).astype(np.float32) * 5 + np.float32(level)
    p, q = np.empty(50), np.empty(50)
    softmax(rows[0], p)
    softmax(rows[1], q)
    np.testing.assert_allclose(p, soft(rows[0].astype(float)), rtol=1e-12)
    expected = (p * np.log(p / q)).sum()
    assert divergence(p, q) == pytest.approx(expected, rel=1e-12)
    assert divergence(p, p.copy()) == 0
    assert divergence(np.array([0.5]), np.array([0.6])) == 0  # as if by rounding


@pytest.mark.parametrize("compiled", [False, True])
def test_every_row_of_every_block_has_its_own_divergence(
    monkeypatch: pytest.MonkeyPatch, compiled: bool
) -> None:
    if not compiled:
        plain = inspect.unwrap(divergences_of_rows)
        monkeypatch.setattr("merge_worker.engine.arithmetic.divergence.divergences_of_rows", plain)
    bits = np.random.default_rng(0).standard_normal((2, 6, 5)).astype(np.float32).view(np.uint32)
    stored, codes = (bits >> 16).astype(np.uint16), np.array([BF16, BF16])
    rows = (bits >> 16 << 16).view(np.float32)
    blocks = [  # of four rows and of two
        Block(stored[:, i:j].copy().view(np.uint8).reshape(2, -1), codes, 5 * i, 5 * (j - i))
        for i, j in ((0, 4), (4, 6))
    ]
    operands = SimpleNamespace(
        shape=(6, 5), sweep=lambda work, whole_rows: [*map(work, blocks[: 2 * whole_rows])]
    )
    p, q = (soft(each.astype(float)) for each in rows[::-1])
    expected = (p * np.log(p / q)).sum(axis=1)
    found = row_divergences(operands)  # type: ignore[arg-type]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
