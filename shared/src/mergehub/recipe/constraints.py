"""What a merge method asks of several parameters together, declared beside them.

Each constraint says what is wrong with the values of one place: with one model's (its index is
given) or with those of the merge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from .scalars import FLOAT32_MAX, Scalar

Values = Mapping[str, Scalar]
Problem = tuple[int | None, str]

NOTHING: Final = 1e-8


class _Constraint(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NonzeroSum(_Constraint):
    """A parameter of the models must not sum to 0 where `when` has the result divided by it."""

    kind: Literal["nonzero-sum"]
    parameter: str
    when: str

    @property
    def parameters(self) -> tuple[str, ...]:
        return (self.parameter, self.when)

    @property
    def doc(self) -> str:
        return (
            f"With `{self.when}` the sum of `{self.parameter}` over the models is not 0, nor "
            f"nearer to it than {NOTHING:g}."
        )

    def problems(self, settings: Values, models: Sequence[Values]) -> Iterator[Problem]:
        total = sum(_numbers(models, self.parameter))
        if settings[self.when] and abs(total) < NOTHING:
            near = f"below {NOTHING:g}, too near 0 to divide by in float32"
            why = near if total else "so what is divided by the sum is not defined"
            yield (
                None,
                f"the {self.parameter}s sum to {total:g}, {why}; "
                f"set {self.when}: false or give other {self.parameter}s",
            )


class SomeNonzero(_Constraint):
    """A parameter must not be 0 for all models."""

    kind: Literal["some-nonzero"]
    parameter: str

    @property
    def parameters(self) -> tuple[str, ...]:
        return (self.parameter,)

    @property
    def doc(self) -> str:
        return f"At least one model has a `{self.parameter}` that is not 0."

    def problems(self, settings: Values, models: Sequence[Values]) -> Iterator[Problem]:
        if not any(_numbers(models, self.parameter)):
            name = self.parameter
            yield None, f"all {name}s are 0: give at least one model another {name}"


class Spread(_Constraint):
    """A probability stays one when as much is taken from it, and added, as another parameter
    says; 0 and 1 are left as they are."""

    kind: Literal["spread"]
    middle: str
    by: str

    @property
    def parameters(self) -> tuple[str, ...]:
        return (self.middle, self.by)

    @property
    def doc(self) -> str:
        return (
            f"`{self.middle}` − `{self.by}` and `{self.middle}` + `{self.by}` are above 0 and "
            f"below 1, unless `{self.middle}` is 0 or 1."
        )

    def problems(self, settings: Values, models: Sequence[Values]) -> Iterator[Problem]:
        for i, each in enumerate(models):
            middle, by = float(each[self.middle]), float(each[self.by])
            room = min(middle, 1 - middle)
            if 0 < middle < 1 and not abs(by) < room:
                yield (
                    i,
                    f"{self.by} {by:g} takes {self.middle} {middle:g} to probabilities of "
                    f"{middle - by:g} and {middle + by:g}; both must be above 0 and below 1, so "
                    f"give {self.by} a value below {room:g}",
                )


class HeldByFloat32(_Constraint):
    """A parameter of the models is a float32, times another if there is one; and so is its sum,
    unless `when` says that nothing is divided by it."""

    kind: Literal["held-by-float32"]
    parameter: str
    times: str | None = None
    when: str | None = None

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(name for name in (self.parameter, self.times, self.when) if name)

    @property
    def doc(self) -> str:
        times = f", times `{self.times}`," if self.times else ""
        when = f" So is their sum with `{self.when}`." if self.when else " So is their sum."
        return f"Each `{self.parameter}`{times} is a number that float32 holds.{when}"

    def problems(self, settings: Values, models: Sequence[Values]) -> Iterator[Problem]:
        numbers = _numbers(models, self.parameter)
        what, total = f"a {self.parameter}", max(map(abs, numbers), default=0.0)
        summed = self.when is None or settings[self.when]
        if summed and (total := _largest_sum(numbers)) > max(map(abs, numbers), default=0.0):
            what = f"the sum of {self.parameter}s of one sign"
        factor = max(1.0, abs(float(settings[self.times]))) if self.times else 1.0
        if not total * factor <= FLOAT32_MAX:
            times = f" times {self.times}" if factor > 1 else ""
            yield (
                None,
                f"{what}{times} is {total * factor:g}, more than float32 holds (3.4e38)",
            )


def _largest_sum(numbers: Sequence[float]) -> float:
    """The size of the largest sum of any of the numbers."""
    return max(sum(n for n in numbers if n > 0), -sum(n for n in numbers if n < 0))


Constraint = Annotated[
    NonzeroSum | SomeNonzero | Spread | HeldByFloat32, Field(discriminator="kind")
]


def _numbers(models: Sequence[Values], name: str) -> list[float]:
    return [float(each[name]) for each in models]
