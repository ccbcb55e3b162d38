"""The declaration of a merge method: its place in the recipe, and how it computes a tensor.

A method is one file in `engine/methods/` that defines `METHOD`. The recipe language, the plan, the
documentation and the command line find it there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from merge_worker.engine.kernels.formula import Along, Formula
from merge_worker.engine.machine.crew import Crew
from mergehub.recipe.methods import MethodSpec
from mergehub.recipe.scalars import Scalar

Values = Mapping[str, Scalar]
"""The parameters of one place, by name."""


Cut = tuple[int, int]
"""The first element of a block, and how many elements it has."""
S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True)
class Block:
    """Consecutive elements of all operands of a tensor, as stored.

    `raw` is uint8 of shape (operands, bytes), with the base first if there is one. `codes` gives
    each row's element type. There are `size` elements, from flat index `first` on.
    """

    raw: NDArray[np.uint8]
    codes: NDArray[np.int64]
    first: int
    size: int


class Operands(Protocol):
    """The operands of one output tensor, which are read in blocks."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns: the last dimension is a row; a vector is one row."""

    @property
    def size(self) -> int:
        """Number of elements."""

    @property
    def has_base(self) -> bool:
        """Whether row 0 of each block is a base that is not itself merged."""

    @property
    def count(self) -> int:
        """How many models are merged."""

    @property
    def crew(self) -> Crew:
        """The threads that take part in a sweep."""

    @property
    def block_elements(self) -> int:
        """The most elements of a block, unless a row is longer."""

    def read(self, cut: Cut) -> Block:
        """The block at a place, valid until the same thread reads the next."""

    def blocks(self, whole_rows: bool = False) -> Iterator[Block]:
        """Yield all elements in order; each block overwrites the one before it."""

    def sweep(self, work: Callable[[Block], T], whole_rows: bool = False) -> list[T]:
        """The results of `work` on each block, in order; several threads may take part.

        Blocks begin at multiples of `gather_kernels.REDUCTION` elements or, with `whole_rows`, at
        the start of a row. Where they begin depends on the options of the merge, so the result must
        not depend on it.
        """

    def tally(
        self,
        start: Callable[[], S],
        add: Callable[[Block, S], None],
        cuts: Sequence[Cut] | None = None,
    ) -> list[S]:
        """The totals of the threads that took part, each added up from its own `start`.

        Chance decides which blocks are added together, so use it for sums that are exact in any
        order. Without `cuts`, all blocks of the tensor are added.
        """

    def sample(self) -> list[Cut]:
        """Some elements of every stretch, to estimate from."""


class Merge(Operands, Protocol):
    """One output tensor's operands with their parameters, as a method's `prepare` gets them."""

    @property
    def name(self) -> str:
        """The output tensor's name, for messages."""

    @property
    def seed(self) -> int:
        """The seed of everything random."""

    @property
    def settings(self) -> Values:
        """The parameters of the whole merge."""

    @property
    def models(self) -> Sequence[Model]:
        """The merged models, in order."""


@dataclass(frozen=True)
class Model:
    """One merged model: its reference as the recipe writes it, its tensor, its parameters."""

    reference: str
    tensor: str
    parameters: Values


@dataclass(frozen=True)
class Prepared:
    """A formula and the numbers that it needs, for one tensor.

    Attributes:
        formula: what is computed for each element.
        weights: one per model; with `along`, one row of weights per row or column of the tensor.
        facts: arrays with one item per model, passed to `Formula.value`.
        merge_facts: scalars, passed to `Formula.result`.
        along: whether the weights differ along rows or columns, if they do.
    """

    formula: Formula
    weights: Sequence[float] | NDArray[Any]
    facts: tuple[NDArray[Any], ...] = ()
    merge_facts: tuple[Any, ...] = ()
    along: Along | None = None


def _never(settings: Values, models: Sequence[Values]) -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class AnyMethod(ABC):
    """A merge method, however it computes.

    Attributes:
        spec: its name, its parameters, and which base and how many models it takes.
        copies: whether, with these parameters, the only model's tensor is the result unchanged.
    """

    spec: MethodSpec
    copies: Callable[[Values, Sequence[Values]], bool] = _never

    @property
    @abstractmethod
    def module(self) -> str:
        """The name of the module that declares it, whose docstring explains it."""

    def problem(self, settings: Values, models: Sequence[Values]) -> str | None:
        """Return what is wrong with these parameters together, or None."""
        found = (each.problems(settings, models) for each in self.spec.constraints)
        return next((message for _, message in chain.from_iterable(found)), None)


@dataclass(frozen=True, kw_only=True)
class Method(AnyMethod):
    """A merge method whose formula is compiled.

    Attributes:
        prepare: gathers what the formula needs to know about a tensor, in passes over its
            blocks if need be, and returns the formula with its numbers.
        gathers: whether `prepare` makes such passes, and so needs memory for what it counts.
    """

    prepare: Callable[[Merge], Prepared]
    gathers: bool = True

    @property
    def module(self) -> str:
        return self.prepare.__module__


def numbers(models: Sequence[Model], name: str) -> list[float]:
    """The values of one parameter, one for each model."""
    return [float(model.parameters[name]) for model in models]
