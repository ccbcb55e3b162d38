"""Two merged models beside each other: element by element, or, where drawn at random, in numbers.

Elements: the difference in units in the last place of the output's dtype. A unit is never taken
smaller than 2⁻²⁰ of the tensor's largest magnitude: both programs calculate in float32, and where
large terms cancel, what is left is no more exact than that.

At random: let x be what two programs give at one element, as changed or not, as |Δ|, as Δ². If
they draw from the same distribution then x₁ − x₂ is symmetric around 0 and Σ(x₁ − x₂) over
√Σ(x₁ − x₂)² exceeds T with a probability below 2 exp(−T²/2), whatever the distribution (B. Efron,
"Student's t-test under symmetry conditions", 1969). In the small models of the cases (286,585
elements) a density of 0.505 in place of 0.5 shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import load_file

SMALLEST_UNIT = 2.0**-20
ULPS = 1.0
OF_ONE, OF_ALL = 6.0, 5.0
"""The largest T of a tensor, of which there are thousands, and of a whole model."""
ALL = "all together"
Tensors = dict[str, torch.Tensor]


@dataclass
class Comparison:
    """What two models have in common.

    `differing` are the tensors and `beyond` counts the elements that are farther apart than is
    tolerated; `structure` says what else is not alike.
    """

    structure: str = ""
    differing: set[str] = field(default_factory=set)
    elements: int = 0
    equal: int = 0
    beyond: int = 0
    ulps: float = 0.0
    numbers: str = ""

    @property
    def agrees(self) -> bool:
        """Whether nothing is beyond what is tolerated."""
        return not self.structure and not self.differing


def load(folder: Path) -> Tensors:
    """Every tensor of a model."""
    files = sorted(folder.glob("*.safetensors"))
    return {name: tensor for file in files for name, tensor in load_file(file).items()}


def compare(ours: Path, theirs: Path) -> Comparison:
    """Element by element."""
    found, first, second = _alike(ours, theirs)
    for name in first if not found.structure else ():
        ulps = _ulps(first[name], second[name])
        found.elements += first[name].numel()
        found.equal += int((first[name] == second[name]).sum())
        found.ulps = max(found.ulps, float(ulps.max()))
        found.beyond += (beyond := int((~(ulps <= ULPS)).sum()))
        if beyond:
            found.differing.add(name)
    return found


def within(found: torch.Tensor, expected: torch.Tensor) -> bool:
    """Whether a tensor is what is expected of it, rounded to its dtype."""
    return bool((_ulps(found, expected.to(found.dtype)) <= ULPS).all())


def compare_drawn(ours: Path, theirs: Path, base: Path) -> Comparison:
    """In numbers, tensor by tensor and all together: how much of the base was changed, how far."""
    found, first, second = _alike(ours, theirs)
    origin, everything, largest = load(base), [], 0.0
    for name in first if not found.structure else ():
        pair = [_moments(each[name], origin[name]) for each in (first, second)]
        everything.append(torch.stack(pair))
        score = _score(*pair)
        largest = max(largest, score)
        if not score <= OF_ONE:
            found.differing.add(name)
    a, b = torch.cat(everything, dim=2)
    overall = _score(a, b)
    if not overall <= OF_ALL:
        found.differing.add(ALL)
    share, ratio = (a.mean(dim=1)[0], b.mean(dim=1)[0]), a.mean(dim=1) / b.mean(dim=1)
    found.elements = a.shape[1]
    found.numbers = (
        f"changed {share[0]:.2%} / {share[1]:.2%}, mean |Δ| × {ratio[1]:.4f}, "
        f"Δ² × {ratio[2]:.4f}, T {overall:.1f}, of a tensor {largest:.1f}"
    )
    return found


def _alike(ours: Path, theirs: Path) -> tuple[Comparison, Tensors, Tensors]:
    first, second = load(ours), load(theirs)
    return Comparison(structure="; ".join(_unlike(ours, theirs, first, second))), first, second


def _unlike(ours: Path, theirs: Path, first: Tensors, second: Tensors) -> Iterator[str]:
    if apart := first.keys() ^ second.keys():
        yield f"only one has {', '.join(sorted(apart)[:3])}"
    for name in sorted(first.keys() & second.keys()):
        a, b = first[name], second[name]
        if a.shape != b.shape or a.dtype != b.dtype:
            yield f"{name} is {a.dtype} {list(a.shape)} here, {b.dtype} {list(b.shape)} there"
    depths = [_depth(folder) for folder in (ours, theirs)]
    if depths[0] != depths[1]:
        yield f"config.json says {depths[0]} layers here, {depths[1]} there"


def _depth(folder: Path) -> int:
    return int(json.loads((folder / "config.json").read_text())["num_hidden_layers"])


def _ulps(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """|a − b| in units in the last place, element by element."""
    kind, x, y = torch.finfo(a.dtype), a.double(), b.double()
    magnitude = torch.maximum(x.abs(), y.abs())
    exponent = torch.frexp(magnitude).exponent
    unit = torch.ldexp(torch.full_like(magnitude, kind.eps), exponent - 1)
    smallest = max(float(magnitude.max()) * SMALLEST_UNIT, kind.smallest_normal * kind.eps)
    return (x - y).abs() / unit.clamp(min=smallest)


def _moments(tensor: torch.Tensor, base: torch.Tensor) -> torch.Tensor:
    """Of each element: 1 if it is changed, |Δ|, Δ²; of shape (3, elements)."""
    delta = (tensor.double() - base.double()).flatten()
    return torch.stack([(delta != 0).double(), delta.abs(), delta.square()])


def _score(first: torch.Tensor, second: torch.Tensor) -> float:
    """The largest |T| of the three; what is only rounding counts as equal."""
    differences = first - second
    rounding = SMALLEST_UNIT * first.abs().amax(dim=1, keepdim=True)
    differences = differences.where(differences.abs() > rounding, 0)
    norms = differences.norm(dim=1)
    return float((differences.sum(1).abs() / norms.where(norms > 0, 1)).max())
