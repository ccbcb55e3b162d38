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
        return f"With `{self.when}` the sum of `{self.parameter}` over the models is not 0."

    def problems(self, settings: Values, models: Sequence[Values]) -> Iterator[Problem]:
        if settings[self.when] and abs(sum(_numbers(models, self.parameter))) < NOTHING:
            yield (
                None,
                f"the {self.parameter}s sum to 0, so what is divided by the sum is not defined; "
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
    """The sum of a parameter over the models, times another if there is one, is a float32."""

    kind: Literal["held-by-float32"]
    parameter: str
    times: str | None = None

    @property
    def parameters(self) -> tuple[str, ...]:
        return (self.parameter, self.times) if self.times else (self.parameter,)

    @property
    def doc(self) -> str:
        times = f", times `{self.times}`," if self.times else ""
        return f"The sum of `{self.parameter}`{times} is a number that float32 holds."

    def problems(self, settings: Values, models: Sequence[Values]) -> Iterator[Problem]:
        total = sum(map(abs, _numbers(models, self.parameter)))
        factor = abs(float(settings[self.times])) if self.times else 1.0
        if not total * max(1.0, factor) <= FLOAT32_MAX:
            times = f" times {self.times}" if self.times else ""
            yield (
                None,
                f"the sum of {self.parameter}{times} is {total * factor:g}, more than float32 "
                "holds (3.4e38)",
            )


Constraint = Annotated[
    NonzeroSum | SomeNonzero | Spread | HeldByFloat32, Field(discriminator="kind")
]


def _numbers(models: Sequence[Values], name: str) -> list[float]:
    return [float(each[name]) for each in models]
