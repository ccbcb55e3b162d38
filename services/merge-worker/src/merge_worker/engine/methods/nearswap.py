"""NearSwap: takes another model's weights where they are close to the base's.

    w = clamp(t / max(|θ₀ − θ₁|, 1e-6), 0, 1)
    θ = wθ₁ + (1 − w)θ₀

so elements that differ by at most t become θ₁, and elements that differ by more move by t.

alchemonaut, "QuartetAnemoi-70B", https://huggingface.co/alchemonaut/QuartetAnemoi-70B-t0.0001.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from merge_worker.engine.kernels.formula import Formula
from merge_worker.engine.machine.compilable import compilable
from mergehub.recipe.methods import MethodSpec, ParameterSpec

from ..method import Merge, Method, Prepared

_ONE = np.float32(1)
_NEAREST = np.float32(1e-6)


@compilable
def swapped(theta: Any, base: Any, index: Any, draw: Any, rank: Any, t: Any) -> Any:
    """wθ₁ + (1 − w)θ₀."""
    distance = abs(base - theta)
    share = min(t / max(distance, _NEAREST), _ONE)
    return share * theta + (_ONE - share) * base


def prepare(merge: Merge) -> Prepared:
    """The distance t."""
    facts = (np.array([merge.settings["t"]], np.float32),)
    return Prepared(Formula(value=swapped), [1.0], facts)


METHOD = Method(
    spec=MethodSpec(
        name="nearswap",
        title="NearSwap",
        summary="Takes the other model's weights where they are close to the base's.",
        formula="θ = wθ₁ + (1 − w)θ₀, w = clamp(t/max(|θ₀ − θ₁|, 1e-6), 0, 1)",
        base="required",
        max_models=1,
        parameters=(
            ParameterSpec(
                name="t",
                type="float",
                doc="The largest difference at which the other model's element is taken unchanged.",
                required=True,
                minimum=0.0,
                scope="recipe",
            ),
        ),
    ),
    prepare=prepare,
    gathers=False,
)
