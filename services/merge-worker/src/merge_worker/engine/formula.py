"""The shape of every merge formula: values, votes, shares, and a result.

At each element, with θ₀ the base's value, θᵢ the i-th model's and wᵢ its weight::

    vᵢ = value(θᵢ, θ₀, index, facts of model i)
    V  = Σ vote(vᵢ, wᵢ)
    p, m = Σ share(vᵢ, wᵢ, V)              a part and the mass it stands for
    θ  = result(p, m, θ₀, facts of the merge)

Sums run over the models in the order of the recipe, in float32. A weighted average shares
(wᵢvᵢ, wᵢ) and results in p/m; sign consensus votes first and lets only those share who agree.
The loop over elements is innermost at every step, so that it becomes vector instructions
whatever the number of models.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .compilable import Function, compilable

_ZERO = np.float32(0)


@compilable
def own_value(theta: Any, base: Any, index: Any) -> Any:
    """The model's value as it is."""
    return theta


@compilable
def weighted(value: Any, weight: Any, vote: Any) -> Any:
    """The share (w·v, w) of a plain weighted sum."""
    return weight * value, weight


@dataclass(frozen=True)
class Formula:
    """Four compilable functions of single float32 elements, as in the module's docstring.

    `value` takes (theta, base, index, *facts of the model), `index` being the element's flat
    position in its tensor (uint64); `vote` takes (value, weight), `share` (value, weight, vote),
    `result` (part, mass, base, *facts of the merge). Without a base, `base` is 0; without a
    `vote`, V is 0.
    """

    result: Function
    value: Function = own_value
    vote: Function | None = None
    share: Function = weighted

    @property
    def functions(self) -> tuple[Function, ...]:
        """Those of the four that are there."""
        return tuple(f for f in (self.value, self.vote, self.share, self.result) if f)
