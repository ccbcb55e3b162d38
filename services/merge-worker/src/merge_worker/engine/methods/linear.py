"""Linear: θ = Σ wᵢθᵢ, divided by Σ wᵢ if `normalize`.

M. Wortsman et al., "Model soups: averaging weights of multiple fine-tuned models improves accuracy
without increasing inference time", arXiv 2203.05482.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mergehub.recipe.methods import MethodSpec

from ..compilable import compilable
from ..formula import Formula
from ..method import Merge, Method, Prepared, Values, numbers
from ..task_vectors import WEIGHT, normalize


@compilable
def average(sums: Any, base: Any, index: Any, normalized: Any) -> Any:
    """Σ wᵢθᵢ, or Σ wᵢθᵢ / Σ wᵢ."""
    part, mass = sums
    return part / mass if normalized else part


def prepare(merge: Merge) -> Prepared:
    """The weights as they are."""
    weights = numbers(merge.models, "weight")
    normalized = bool(merge.settings["normalize"])
    return Prepared(Formula(average), weights, merge_facts=(normalized,))


def problem(settings: Values, models: Sequence[Values]) -> str | None:
    """Weights that sum to nothing cannot be normalised."""
    if settings["normalize"] and abs(sum(float(each["weight"]) for each in models)) < 1e-8:
        return "the weights sum to 0, so the average is not defined; set normalize: false"
    return None


METHOD = Method(
    spec=MethodSpec(
        name="linear",
        title="Linear",
        summary="The weighted average of the models.",
        formula="θ = Σ wᵢθᵢ (÷ Σ wᵢ if normalize)",
        paper="2203.05482",
        parameters=(WEIGHT, normalize(True)),
    ),
    prepare=prepare,
    gathers=False,
    problem=problem,
)
