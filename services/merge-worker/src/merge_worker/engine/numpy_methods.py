"""Merge methods as plain NumPy functions of whole tensors: one file declares and computes one.

    from merge_worker.engine.numpy_methods import Parameter, numpy_method
    METHOD = numpy_method(merge, name="midpoint", summary="…", formula="θ = Σθᵢ/n")

The names of the function's arguments say what it gets for each output tensor:

- `tensors`: a list of float32 arrays, one per model in the recipe's order, in the tensor's shape;
- `base`: the base's array, or None if `base_model` is optional and not given;
- `weights`: a list of floats, one per model. The recipe gives them as `weight`;
- each declared parameter by its name: a list of one value per model, or one value if its scope is
  "recipe". `lambda`, a keyword of Python, is passed as `lambda_`;
- `rng`: a `numpy.random.Generator` that depends on the seed and the tensor's name alone;
- `name`: the tensor's name.

It returns an array of floating-point numbers in the same shape, which is rounded to float32 and
then to the type of the output. The function may write to the arrays that it gets.
"""

from __future__ import annotations

import inspect
import keyword
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from mergehub.recipe.methods import MethodSpec, ParameterSpec

from .arithmetic.task_vectors import WEIGHT
from .errors import MethodError
from .kernels.randomness import draw_key
from .machine.tracebacks import in_one_line
from .method import AnyMethod, Merge

Array = NDArray[np.float32]
Base = Literal["none", "optional", "required", "member"]

Parameter = ParameterSpec
"""A parameter of a method, as methods of all kinds declare it."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_WEIGHTS: Final = "weights"
_GIVEN: Final = ("tensors", "base", _WEIGHTS, "rng", "name")
"""The arguments that a function may take in addition to its parameters."""
_RESERVED: Final = tuple(each for each in _GIVEN if each != _WEIGHTS)


@dataclass(frozen=True)
class MethodFile:
    """The file of a method that is not part of the engine: its name and its SHA-256."""

    name: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class NumpyMethod(AnyMethod):
    """A merge method that is a NumPy function of whole tensors.

    Attributes:
        function: computes a tensor, as the module's docstring says.
        scratch: how many arrays of the tensor's size the function makes for itself; None for as
            many as it is given.
        file: where the method was read from, if it is not part of the engine.
    """

    function: Callable[..., Any]
    scratch: int | None = None
    file: MethodFile | None = None

    @property
    def module(self) -> str:
        return self.function.__module__

    @property
    def _source(self) -> str:
        return inspect.getfile(inspect.unwrap(self.function))

    def memory(self, elements: int, operands: int) -> int:
        """Bytes for a tensor held whole: operands, the result, and the function's own arrays."""
        scratch = operands if self.scratch is None else self.scratch
        return 4 * elements * (operands + scratch + 1)

    def compute(self, merge: Merge, tensors: list[Array], base: Array | None) -> NDArray[Any]:
        """The merged tensor, in floating-point numbers and the shape of `tensors`.

        Raises:
            MethodError: the function failed, or returned something else.
        """
        shape = tensors[0].shape
        given = self._given(merge, tensors, base)
        try:
            made = np.asarray(self.function(**given))
        except MemoryError:
            raise
        except Exception as error:
            raise self._failed(merge, in_one_line(error, self._source)) from error
        if made.dtype.kind != "f":
            raise self._failed(merge, f"it returned {made.dtype}, not floating-point numbers")
        if made.shape != shape:
            raise self._failed(merge, f"it returned the shape {made.shape}, not {shape}")
        return made

    def _given(self, merge: Merge, tensors: list[Array], base: Array | None) -> dict[str, Any]:
        """The arguments that the function takes, by name."""
        asked = inspect.signature(self.function).parameters
        given: dict[str, Any] = {"tensors": tensors, "base": base, "name": merge.name}
        for spec in self.spec.parameters:
            given[_argument(spec)] = _value(spec, merge)
        if "rng" in asked:
            given["rng"] = generator(merge.seed, merge.name)
        return {name: value for name, value in given.items() if name in asked}

    def _failed(self, merge: Merge, how: str) -> MethodError:
        return MethodError(f"the method {self.spec.name} failed on {merge.name!r}: {how}")


def _value(spec: ParameterSpec, merge: Merge) -> Any:
    """The recipe's value of a parameter for each model, or its one value for all."""
    if spec.scope == "recipe":
        return spec.convert(merge.settings[spec.name])
    return [spec.convert(model.parameters[spec.name]) for model in merge.models]


def generator(seed: int, tensor: str) -> np.random.Generator:
    """The random generator of a tensor, equal in every process and every attempt."""
    return np.random.Generator(np.random.Philox(key=draw_key(seed, "", tensor)))


def numpy_method(
    function: Callable[..., Any],
    *,
    name: str,
    summary: str,
    formula: str,
    title: str | None = None,
    paper: str | None = None,
    base: Base = "none",
    min_models: int = 1,
    max_models: int | None = None,
    ordered: bool = False,
    parameters: Sequence[ParameterSpec] = (),
    scratch: int | None = None,
) -> NumpyMethod:
    """A merge method of a NumPy function, for `METHOD` of its file.

    A function that asks for `weights` has the parameter `weight` without declaring it. `base`,
    `min_models`, `max_models`, `ordered` and `paper` (its number in arXiv) are those of
    `MethodSpec`, and `scratch` is that of `NumpyMethod`.

    Raises:
        MethodError: the function and the declaration do not agree.
    """
    if not _NAME.fullmatch(name):
        raise MethodError(f"{name!r} is not a name for a method: use a-z, 0-9 and _")
    if not inspect.isfunction(function):
        raise MethodError(f"{name} must be given a function, not {type(function).__name__}")
    asked = _asked(function)
    declared = tuple(parameters)
    if _WEIGHTS in asked and all(spec.name != WEIGHT.name for spec in declared):
        declared = (WEIGHT, *declared)
    _check(name, asked, declared, base)
    spec = MethodSpec(
        name=name,
        title=title or name.replace("_", " ").capitalize(),
        summary=summary,
        formula=formula,
        paper=paper,
        base=base,
        min_models=min_models,
        max_models=max_models,
        seeded="rng" in asked,
        ordered=ordered,
        parameters=declared,
    )
    return NumpyMethod(spec=spec, function=function, scratch=scratch)


def _asked(function: Callable[..., Any]) -> list[str]:
    """The names of a function's arguments."""
    found = inspect.signature(function).parameters.values()
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    if odd := [str(each) for each in found if each.kind not in named]:
        raise MethodError(f"{function.__name__} takes {odd[0]}: give each argument a plain name")
    return [each.name for each in found]


def _check(name: str, asked: list[str], declared: Sequence[ParameterSpec], base: Base) -> None:
    """Check that the function takes only known arguments, and each declared parameter."""
    arguments = [_argument(spec) for spec in declared]
    twice = {each for each in arguments if arguments.count(each) > 1 or each in _RESERVED}
    if twice:
        raise MethodError(f"{name} declares {twice.pop()!r}, a name that is taken")
    if unknown := [each for each in asked if each not in (*_GIVEN, *arguments)]:
        raise MethodError(
            f"the function of {name} takes {unknown[0]!r}: declare it as a Parameter, or take some "
            f"of {', '.join(_GIVEN)}"
        )
    needed = ["tensors", *arguments, *(["base"] if base in ("required", "optional") else [])]
    if missing := [each for each in needed if each not in asked]:
        raise MethodError(f"the function of {name} must take the argument {missing[0]!r}")
    if "base" in asked and "base" not in needed:
        raise MethodError(
            f'the function of {name} takes a base: declare base="required" or base="optional"'
        )


def _argument(spec: ParameterSpec) -> str:
    """The name by which a function takes a parameter."""
    if spec.name == WEIGHT.name:
        return _WEIGHTS
    return f"{spec.name}_" if keyword.iskeyword(spec.name) else spec.name
