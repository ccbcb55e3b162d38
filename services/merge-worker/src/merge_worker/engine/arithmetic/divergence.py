"""The Kullback-Leibler divergence of the softmaxes of two models' rows.

All arithmetic is float64, with an exponential and a logarithm of our own: those of C libraries
differ in their last bits between machines.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from merge_worker.engine.kernels.codecs import decode
from merge_worker.engine.machine.compilable import compilable
from merge_worker.engine.machine.compiled import kernel
from merge_worker.engine.method import Block, Operands

SMALLEST: Final = 1e-8
"""Added to every probability, so that none is 0."""
FAR: Final = -64.0
"""Exponents below this count as this: e⁻⁶⁴ is negligible compared with `SMALLEST`."""

_LOG_2: Final = 0.6931471805599453
_ROOT_2: Final = 1.4142135623730951


@compilable
def exponential(x: Any) -> Any:
    """eˣ for x ≤ 0, to a relative error of 1e-13; (eʸ)¹²⁸ with y = x/128, by Taylor's series."""
    y = (x if x > FAR else FAR) / 128.0  # a NaN is far too
    power = 1.0 + y / 12.0
    power = 1.0 + y / 11.0 * power
    power = 1.0 + y / 10.0 * power
    power = 1.0 + y / 9.0 * power
    power = 1.0 + y / 8.0 * power
    power = 1.0 + y / 7.0 * power
    power = 1.0 + y / 6.0 * power
    power = 1.0 + y / 5.0 * power
    power = 1.0 + y / 4.0 * power
    power = 1.0 + y / 3.0 * power
    power = 1.0 + y / 2.0 * power
    power = 1.0 + y * power
    power = power * power
    power = power * power
    power = power * power
    power = power * power
    power = power * power
    power = power * power
    return power * power


@compilable
def taken_out(ratio: Any, exponent: Any, step: float, factor: float) -> Any:
    """Divide `ratio` by `factor`, a power of two, if it is that large, and raise `exponent`."""
    large = ratio >= factor
    return (ratio / factor if large else ratio), (exponent + step if large else exponent)


@compilable
def logarithm(ratio: Any) -> Any:
    """ln of a ratio from 1 to 2³²: powers of two are divided out, then the series of artanh."""
    rest, exponent = taken_out(ratio, 0.0, 16.0, 65536.0)
    rest, exponent = taken_out(rest, exponent, 8.0, 256.0)
    rest, exponent = taken_out(rest, exponent, 4.0, 16.0)
    rest, exponent = taken_out(rest, exponent, 2.0, 4.0)
    rest, exponent = taken_out(rest, exponent, 1.0, 2.0)
    upper = rest > _ROOT_2
    rest, exponent = (rest * 0.5 if upper else rest), (exponent + 1.0 if upper else exponent)
    s = (rest - 1.0) / (rest + 1.0)
    z = s * s
    series = 1.0 / 19.0 + z / 21.0
    series = 1.0 / 17.0 + z * series
    series = 1.0 / 15.0 + z * series
    series = 1.0 / 13.0 + z * series
    series = 1.0 / 11.0 + z * series
    series = 1.0 / 9.0 + z * series
    series = 1.0 / 7.0 + z * series
    series = 1.0 / 5.0 + z * series
    series = 1.0 / 3.0 + z * series
    return exponent * _LOG_2 + 2.0 * s * (1.0 + z * series)


@compilable
def softmax(row: Any, out: Any) -> None:
    """Write eˣ / Σ eˣ + SMALLEST of a float32 row into `out` (float64)."""
    peak = np.float32(-np.inf)
    for j in range(row.size):
        peak = row[j] if row[j] > peak else peak
    highest, total = np.float64(peak), 0.0
    for j in range(row.size):
        out[j] = exponential(np.float64(row[j]) - highest)
    for j in range(row.size):
        total += out[j]
    for j in range(row.size):
        out[j] = out[j] / total + SMALLEST


@compilable
def divergence(p: Any, q: Any) -> Any:
    """Return Σ p ln(p/q); overwrites q."""
    for j in range(p.size):
        above = p[j] >= q[j]
        ratio = p[j] / q[j] if above else q[j] / p[j]
        q[j] = p[j] * (logarithm(ratio) if above else -logarithm(ratio))
    total = 0.0
    for j in range(p.size):
        total += q[j]
    return max(total, 0.0)


@kernel("u1[:,:], i8[:], f4[:], f8[:,:], f8[:]")
def divergences_of_rows(raw: Any, codes: Any, row: Any, shares: Any, out: Any) -> None:
    """Write KL(softmax of row 1 ‖ softmax of row 0) for each line of a block into `out` (float64).

    `row` (float32) and `shares` (float64, 2 x columns) are scratch as long as a line.
    """
    for line in range(out.size):
        start = line * row.size
        for i in range(2):
            decode(raw[i], codes[i], start, start + row.size, row)
            softmax(row, shares[i])
        out[line] = divergence(shares[1], shares[0])


def row_divergences(operands: Operands) -> NDArray[np.float64]:
    """KL(softmax(θ₁) ‖ softmax(θ₀)) for each row of the only model and its base, in order.

    Infinite and undefined elements have no weight in their softmax.
    """
    columns = operands.shape[1]

    def work(block: Block) -> NDArray[np.float64]:
        out = np.empty(block.size // columns)
        row, shares = np.empty(columns, np.float32), np.empty((2, columns))
        divergences_of_rows(block.raw, block.codes, row, shares, out)
        return out

    return np.concatenate(operands.sweep(work, whole_rows=True))
