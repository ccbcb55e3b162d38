"""A reading of a method in float64, for where mergekit's float32 does not resolve a threshold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from parity_compare import load, within

SMALLEST = 1e-8


def sides_with_ours(document: dict[str, Any], folder: Path, ours: Path) -> bool:
    """Whether every element of an Arcee fusion of whole models is what float64 makes it."""
    base = document["base_model"]
    (other,) = (each["model"] for each in document["models"] if each["model"] != base)
    first, second, found = load(folder / base), load(folder / other), load(ours)
    return all(
        within(found[name], fused(first[name].double(), second[name].double())) for name in found
    )


def fused(base: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """The base, with `other` where |τ| · KL(row of other ‖ row of base) reaches the threshold."""
    p, q = (torch.softmax(each, dim=-1) + SMALLEST for each in (other, base))
    importance = (other - base).abs() * (p * (p / q).log()).sum(dim=-1, keepdim=True)
    quarters = torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64)
    low, median, high = torch.quantile(importance.flatten(), quarters)
    return torch.where(importance >= median + 1.5 * (high - low), other, base)
