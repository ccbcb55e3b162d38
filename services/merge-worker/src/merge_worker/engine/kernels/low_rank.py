"""The arithmetic of adapters: W + scaling · B @ A for any stretch of a tensor's elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from merge_worker.engine.machine.compiled import kernel

from .codecs import decode

_ZERO = np.float32(0)


@kernel("u1[:], i8, f4[:]")
def decode_all(raw: Any, code: int, out: Any) -> None:
    """Decode all of `raw` (uint8) to float32."""
    decode(raw, code, 0, out.size, out)


@kernel("i8, f4[:,:], f4[:,:], f4, f4[:], f4[:]")
def add_low_rank(first: int, left: Any, right: Any, scaling: Any, delta: Any, out: Any) -> None:
    """Add scaling · (left @ right) to `out`, the float32 elements from flat index `first` on.

    `left` is rows x rank and `right` is rank x columns; `delta` is scratch for a row. Each
    element's sum runs over the rank in order, so it does not depend on the stretch.
    """
    rank, columns = right.shape
    done = 0
    while done < out.size:
        row = (first + done) // columns
        start = (first + done) % columns
        count = min(columns - start, out.size - done)
        delta[:count] = _ZERO
        for r in range(rank):
            factor = left[row, r]
            for c in range(count):
                delta[c] += factor * right[r, start + c]
        for c in range(count):
            out[done + c] += scaling * delta[c]
        done += count
