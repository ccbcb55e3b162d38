"""What a layout takes: a small graph as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Places = NDArray[np.complex128]
"""Places in the plane: x + y·i."""

GAP = 0.25
"""The least distance between the rims of two nodes."""


@dataclass(frozen=True)
class Drawing:
    """Nodes 0 … n-1 to lay out, and the edges between them, which form no cycle.

    - `child`, `parent`: the ends of each edge.
    - `radius`: how large each node is drawn.
    - `age`: sorts nodes that nothing else sorts. A new node has the highest, so that it takes a
      place after the others and moves none of them.
    """

    child: Ints
    parent: Ints
    radius: Floats
    age: Ints

    @property
    def size(self) -> int:
        return len(self.radius)
