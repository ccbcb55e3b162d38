"""The declaration of a merge method: what the recipe may say, and how a tensor is computed.

A method is one file in `engine/methods/` that defines `METHOD`. The recipe language, the plan, the
documentation and the command line learn of it from there.
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
"""First element and number of elements of a block."""
S = TypeVar("S")
T = TypeVar("T")


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


class Operands(Protocol):
    """The operands of one output tensor, to be passed over in blocks."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns: the last dimension is a row, a vector is one row."""

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
        """The elements of a block at most, unless a row is longer."""

    def read(self, cut: Cut) -> Block:
        """The block there, until the same thread reads the next."""

    def blocks(self, whole_rows: bool = False) -> Iterator[Block]:
        """A pass over all elements in order; what it yields is overwritten by the next block."""

    def sweep(self, work: Callable[[Block], T], whole_rows: bool = False) -> list[T]:
        """What `work` makes of each block, in their order; several threads may take part.

        Blocks begin at multiples of `gather_kernels.REDUCTION` elements, with `whole_rows` at the
        beginning of a row; where they begin depends on the options of the merge, so `work` must
        not let them show in the result.
        """

    def tally(
        self,
        start: Callable[[], S],
        add: Callable[[Block, S], None],
        cuts: Sequence[Cut] | None = None,
    ) -> list[S]:
        """What threads that take part have added up, each from a `start` of its own.

        Which blocks go together is left to chance: for sums that are exact in any order. Without
        `cuts` they are all of the tensor's.
        """

    def sample(self) -> list[Cut]:
        """Some elements of every stretch, to guess from."""


class Merge(Operands, Protocol):
    """One output tensor's operands with their parameters, as a method's `prepare` sees them."""

    @property
    def name(self) -> str:
        """The output tensor's name, for messages."""

    @property
    def seed(self) -> int:
        """The seed of everything random."""

    @property
    def settings(self) -> Values:
        """The parameters that hold for the whole merge."""

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
        formula: what is computed at each element.
        weights: one per model; with `along`, one row of them for each row or column of the tensor.
        facts: arrays with one item per model, handed to `Formula.value`.
        merge_facts: scalars, handed to `Formula.result`.
        along: what the weights differ along, if they do.
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
        spec: name, parameters and what base and how many models it takes.
        copies: whether, with these parameters, the only model's tensor is the result as it is.
    """

    spec: MethodSpec
    copies: Callable[[Values, Sequence[Values]], bool] = _never

    @property
    @abstractmethod
    def module(self) -> str:
        """The name of the module that declares it, whose docstring explains it."""

    def problem(self, settings: Values, models: Sequence[Values]) -> str | None:
        """What is wrong with these parameters taken together, if anything."""
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
    """One parameter of every model."""
    return [float(model.parameters[name]) for model in models]
