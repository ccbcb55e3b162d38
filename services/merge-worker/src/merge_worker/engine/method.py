"""The declaration of a merge method: what the recipe may say, and how a tensor is computed.

A method is one file in `engine/methods/` that defines `METHOD`. The recipe language, the plan, the
documentation and the command line learn of it from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mergehub.recipe.methods import MethodSpec
from mergehub.recipe.scalars import Scalar

from .formula import Formula

Values = Mapping[str, Scalar]
"""The parameters of one place, by name."""


@dataclass(frozen=True)
class Block:
    """Some consecutive elements of all operands of a tensor, as stored.

    `raw` is uint8 of shape (operands, bytes), the base first where there is one; `codes` gives
    each row's element type; the elements are those from flat index `first` on, `size` of them.
    """

    raw: NDArray[np.uint8]
    codes: NDArray[np.int64]
    first: int
    size: int


class Merge(Protocol):
    """One output tensor's operands, as a method's `prepare` sees them."""

    @property
    def name(self) -> str:
        """The output tensor's name, for messages."""

    @property
    def size(self) -> int:
        """Number of elements."""

    @property
    def seed(self) -> int:
        """The seed of everything random."""

    @property
    def has_base(self) -> bool:
        """Whether row 0 of each block is a base that is not itself merged."""

    @property
    def settings(self) -> Values:
        """The parameters that hold for the whole merge."""

    @property
    def models(self) -> Sequence[Model]:
        """The merged models, in order."""

    def blocks(self) -> Iterator[Block]:
        """A pass over all elements in order; what it yields is overwritten by the next block."""


@dataclass(frozen=True)
class Model:
    """One merged model: its reference as the recipe writes it, its tensor, its parameters."""

    reference: str
    tensor: str
    parameters: Values


@dataclass(frozen=True)
class Prepared:
    """A formula and the numbers that it needs, for one tensor.

    `facts` are arrays with one item per model, handed to `Formula.value`; `merge_facts` are
    scalars, handed to `Formula.result`.
    """

    formula: Formula
    weights: Sequence[float]
    facts: tuple[NDArray[Any], ...] = ()
    merge_facts: tuple[Any, ...] = ()


def _never(settings: Values, models: Sequence[Values]) -> bool:
    return False


def _always_fine(settings: Values, models: Sequence[Values]) -> str | None:
    return None


@dataclass(frozen=True)
class Method:
    """A merge method.

    Attributes:
        spec: name, parameters and what base and how many models it takes.
        prepare: gathers what the formula needs to know about a tensor, in passes over its
            blocks if need be, and returns the formula with its numbers.
        copies: whether, with these parameters, the only model's tensor is the result as it is.
        problem: what is wrong with these parameters taken together, if anything.
    """

    spec: MethodSpec
    prepare: Callable[[Merge], Prepared]
    copies: Callable[[Values, Sequence[Values]], bool] = _never
    problem: Callable[[Values, Sequence[Values]], str | None] = _always_fine


def numbers(models: Sequence[Model], name: str) -> list[float]:
    """One parameter of every model."""
    return [float(model.parameters[name]) for model in models]
