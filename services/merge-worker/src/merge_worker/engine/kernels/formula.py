"""The shape of every merge formula: values, votes, shares, and a result.

At each element, with θ₀ the base's value, θᵢ the i-th model's and wᵢ its weight::

    vᵢ = value(θᵢ, θ₀, index, draw, rank, facts of model i)
    V  = Σ vote(vᵢ, wᵢ)
    S  = Σ share(vᵢ, wᵢ, V)                a tuple of two or three sums
    θ  = result(S, θ₀, index, facts of the merge)

Sums run over the models in the order of the recipe, in float32. A weighted average has the shares
(wᵢvᵢ, wᵢ) and the result S₀/S₁; with sign consensus, models vote first, and only those that agree
have a share. The same functions serve every device: on the CPU the loop over elements is innermost
at every step, so that it becomes vector instructions for any number of models.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from merge_worker.engine.machine.compilable import Function, compilable

Along = Literal["row", "column"]
"""The axis that facts are gathered along, if not over the whole tensor."""


@compilable
def own_value(theta: Any, base: Any, index: Any, draw: Any, rank: Any) -> Any:
    """The model's value, unchanged."""
    return theta


@compilable
def weighted(value: Any, weight: Any, vote: Any) -> Any:
    """The share (w·v, w) of a plain weighted sum."""
    return weight * value, weight


@compilable
def total(sums: Any, base: Any, index: Any) -> Any:
    """The first sum, unchanged."""
    return sums[0]


@dataclass(frozen=True)
class Formula:
    """Four compilable functions of single float32 elements, as in the module's docstring.

    `index` is the element's flat position in its tensor (uint64). `draw`, if the formula is
    `drawn`, is the model's random number in [0, 1) for this element (`engine.randomness`). `rank`,
    if it is `ranked`, is the number of elements of the same row whose |θᵢ − θ₀| is smaller (or
    equal, and further on). Without a base, `base` is 0; without a `vote`, V is 0. `share` returns
    `sums` numbers, two or three.
    """

    result: Function = total
    value: Function = own_value
    vote: Function | None = None
    share: Function = weighted
    sums: int = 2
    drawn: bool = False
    ranked: bool = False

    @property
    def functions(self) -> tuple[Function, ...]:
        """Those of the four functions that are given."""
        return tuple(f for f in (self.value, self.vote, self.share, self.result) if f)
