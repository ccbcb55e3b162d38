"""Constraints of a merge method on several parameters together, declared next to them.

Each constraint yields what is wrong with the values of one place: with one model's values (given
by its index) or with those of the whole merge (index None).
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
    """A parameter of the models must not sum to 0 if `when` divides the result by the sum."""

    kind: Literal["nonzero-sum"]
    parameter: str
    when: str

    @property
    def parameters(self) -> tuple[str, ...]:
        return (self.parameter, self.when)

    @property
    def doc(self) -> str:
        return (
            f"With `{self.when}`, the sum of `{self.parameter}` over the models must be at least "
            f"{NOTHING:g} away from 0."
        )

    def problems(self, settings: Values, models: Sequence[Values]) -> Iterator[Problem]:
        total = sum(_numbers(models, self.parameter))
        if settings[self.when] and abs(total) < NOTHING:
            near = f"which is below {NOTHING:g}, too close to 0 to divide by in float32"
            why = near if total else "and nothing can be divided by 0"
            yield (
                None,
                f"the {self.parameter}s sum to {total:g}, {why}; "
                f"set {self.when}: false or change the {self.parameter}s",
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
        return f"At least one model must have a `{self.parameter}` other than 0."

    def problems(self, settings: Values, models: Sequence[Values]) -> Iterator[Problem]:
        if not any(_numbers(models, self.parameter)):
            name = self.parameter
            yield None, f"every {name} is 0: give at least one model another {name}"


class Spread(_Constraint):
    """A probability must stay between 0 and 1 when another parameter is subtracted from it or added
    to it; 0 and 1 themselves do not change."""

    kind: Literal["spread"]
    middle: str
    by: str

    @property
    def parameters(self) -> tuple[str, ...]:
        return (self.middle, self.by)

    @property
    def doc(self) -> str:
        return (
            f"`{self.middle}` − `{self.by}` and `{self.middle}` + `{self.by}` must be above 0 and "
            f"below 1, unless `{self.middle}` is 0 or 1."
        )

    def problems(self, settings: Values, models: Sequence[Values]) -> Iterator[Problem]:
        for i, each in enumerate(models):
            middle, by = float(each[self.middle]), float(each[self.by])
            room = min(middle, 1 - middle)
            if 0 < middle < 1 and not abs(by) < room:
                yield (
                    i,
                    f"{self.middle} {middle:g} with {self.by} {by:g} gives the probabilities "
                    f"{middle - by:g} and {middle + by:g}; both must be above 0 and below 1, so "
                    f"set {self.by} below {room:g}",
                )


class HeldByFloat32(_Constraint):
    """A parameter of the models, times another if there is one, must fit in float32, and so must
    its sum, unless `when` says that nothing is divided by it."""

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
        when = f" So must their sum with `{self.when}`." if self.when else " So must their sum."
        return f"Each `{self.parameter}`{times} must fit in float32.{when}"

    def problems(self, settings: Values, models: Sequence[Values]) -> Iterator[Problem]:
        numbers = _numbers(models, self.parameter)
        what, total = f"a {self.parameter}", max(map(abs, numbers), default=0.0)
        summed = self.when is None or settings[self.when]
        if summed and (total := _largest_sum(numbers)) > max(map(abs, numbers), default=0.0):
            what = f"the sum of the {self.parameter}s of one sign"
        factor = max(1.0, abs(float(settings[self.times]))) if self.times else 1.0
        if not total * factor <= FLOAT32_MAX:
            times = f" times {self.times}" if factor > 1 else ""
            yield (
                None,
                f"{what}{times} is {total * factor:g}, more than float32 can hold (3.4e38)",
            )


def _largest_sum(numbers: Sequence[float]) -> float:
    """The largest magnitude that a sum of some of the numbers can have."""
    return max(sum(n for n in numbers if n > 0), -sum(n for n in numbers if n < 0))


Constraint = Annotated[
    NonzeroSum | SomeNonzero | Spread | HeldByFloat32, Field(discriminator="kind")
]


def _numbers(models: Sequence[Values], name: str) -> list[float]:
    return [float(each[name]) for each in models]
