"""Linear: θ = Σ wᵢθᵢ, divided by Σ wᵢ if `normalize`.

M. Wortsman et al., "Model soups: averaging weights of multiple fine-tuned models improves accuracy
without increasing inference time", arXiv 2203.05482.
"""

from __future__ import annotations

from typing import Any

from merge_worker.engine.arithmetic.task_vectors import WEIGHT, normalize
from merge_worker.engine.kernels.formula import Formula
from merge_worker.engine.machine.compilable import compilable
from mergehub.recipe.constraints import HeldByFloat32, NonzeroSum
from mergehub.recipe.methods import MethodSpec

from ..method import Merge, Method, Prepared, numbers

NORMALIZABLE = NonzeroSum(kind="nonzero-sum", parameter="weight", when="normalize")
HELD = HeldByFloat32(kind="held-by-float32", parameter="weight", when="normalize")


@compilable
def average(sums: Any, base: Any, index: Any, normalized: Any) -> Any:
    """Σ wᵢθᵢ, or Σ wᵢθᵢ / Σ wᵢ."""
    part, mass = sums
    return part / mass if normalized else part


def prepare(merge: Merge) -> Prepared:
    """The weights, unchanged."""
    weights = numbers(merge.models, "weight")
    normalized = bool(merge.settings["normalize"])
    return Prepared(Formula(average), weights, merge_facts=(normalized,))


METHOD = Method(
    spec=MethodSpec(
        name="linear",
        title="Linear",
        summary="The weighted average of the models.",
        formula="θ = Σ wᵢθᵢ (÷ Σ wᵢ if normalize)",
        paper="2203.05482",
        parameters=(WEIGHT, normalize(True)),
        constraints=(NORMALIZABLE, HELD),
    ),
    prepare=prepare,
    gathers=False,
)
