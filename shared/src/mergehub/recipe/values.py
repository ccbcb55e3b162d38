"""Parameter values that depend on the place: gradients over depth and filters by tensor name.

A value is one of three things: a scalar; a gradient, which is a list of anchors spread evenly over
the layers with straight lines in between; or a list of `{filter, value}`. In such a list the first
entry whose filter matches the tensor's name counts; an entry without a filter matches every tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Tag,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypeIs

from .filters import Filter, matches
from .methods import MethodSpec, ParameterSpec
from .scalars import Scalar, read_scalar


class FilteredValue(BaseModel):
    """A value for the tensors whose name the filter matches, or for all if there is no filter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Setting
    filter: Filter | None = None


def _kind(value: Any) -> str:
    if not isinstance(value, list | tuple):
        return "scalar"
    conditional = any(isinstance(each, dict | FilteredValue) for each in value)
    return "filtered" if conditional else "gradient"


def _listed(value: Any) -> Any:
    """Read a single `{filter, value}` as a list of one."""
    return [value] if isinstance(value, dict | FilteredValue) else value


def _none_as_empty(value: Any) -> Any:
    """Read `parameters:` with nothing after it as no parameters."""
    return {} if value is None else value


def _anchored(anchors: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    if not anchors:
        raise PydanticCustomError("empty", "a gradient needs at least one value")
    return anchors


_ReadScalar = Annotated[Scalar, BeforeValidator(read_scalar)]
_Gradient = Annotated[tuple[_ReadScalar, ...], AfterValidator(_anchored)]
_Filtered = tuple[FilteredValue, ...]
Setting = Annotated[
    Annotated[_ReadScalar, Tag("scalar")]
    | Annotated[_Gradient, Tag("gradient")]
    | Annotated[_Filtered, Tag("filtered")],
    Discriminator(_kind),
    BeforeValidator(_listed),
]
Parameters = Annotated[Mapping[str, Setting], BeforeValidator(_none_as_empty)]
Passes = Callable[[str | None], bool]
"""Whether a filter matches a tensor."""
FilteredValue.model_rebuild()


class UnresolvedParameter(LookupError):
    """A required parameter that no place of the recipe gives a value for some tensor."""


def is_filtered(setting: Setting) -> TypeIs[tuple[FilteredValue, ...]]:
    """Whether a value is a list of filtered values."""
    return isinstance(setting, tuple) and isinstance(setting[0], FilteredValue)


def layer_position(layer: int, count: int) -> float:
    """Return the position of a layer among `count` layers: 0 is the first, 1 the last.

    The only layer of a slice counts as its last, as in mergekit.
    """
    return layer / (count - 1) if count > 1 else 1.0


def resolve(setting: Setting, tensor_name: str, position: float) -> Scalar | None:
    """Return the scalar that a value has for one tensor, or None if no filter matches it.

    Args:
        setting: a scalar, a gradient or a list of filtered values.
        tensor_name: the name of the tensor that is written.
        position: the position of its layer, from 0 (first of the slice) to 1 (last); tensors
          before the layers have 0, tensors after them 1.
    """
    return chosen(setting, lambda pattern: matches(pattern, tensor_name), position)


def chosen(setting: Setting, passes: Passes, position: float) -> Scalar | None:
    """Return the scalar that a value has for a tensor that some filters match."""
    if not isinstance(setting, tuple):
        return setting
    if not is_filtered(setting):
        return _interpolate(setting, position)
    for entry in setting:
        if passes(entry.filter):
            value = chosen(entry.value, passes, position)
            if value is not None:
                return value
    return None


@dataclass(frozen=True)
class ParameterScope:
    """The parameters that apply at one place of a recipe, the innermost place first.

    For a source of a slice the places are the source, its slice, its module and the recipe;
    the defaults of the method come last.
    """

    method: MethodSpec
    places: tuple[Parameters, ...]

    def value(self, name: str, tensor_name: str, position: float) -> Scalar:
        """Return the value of a parameter for one tensor, in its declared type.

        Raises:
            UnresolvedParameter: the method has no such parameter, or it is required and no place
                gives it a value for this tensor.
        """
        spec = self.method.parameter(name)
        if spec is None:
            raise UnresolvedParameter(f"{self.method.name} has no parameter {name!r}")
        try:
            return self.find(spec, lambda pattern: matches(pattern, tensor_name), position)
        except UnresolvedParameter as error:
            raise UnresolvedParameter(
                f"{error} for the tensor {tensor_name!r}; add an entry without a filter"
            ) from None

    def find(self, spec: ParameterSpec, passes: Passes, position: float) -> Scalar:
        """Return the value of a parameter for a tensor that some filters match.

        Raises:
            UnresolvedParameter: it is required and no place gives it a value for this tensor.
        """
        settings = (place[spec.name] for place in self.places if spec.name in place)
        found = (chosen(setting, passes, position) for setting in settings)
        value = next((each for each in found if each is not None), spec.default)
        if value is None:
            raise UnresolvedParameter(
                f"{self.method.name} needs {spec.name!r}, but no place of the recipe gives it a "
                "value"
            )
        return spec.convert(value)

    def values(self, tensor_name: str, position: float) -> dict[str, Scalar]:
        """Return the value of every parameter of the method for one tensor."""
        return {p.name: self.value(p.name, tensor_name, position) for p in self.method.parameters}


def _interpolate(anchors: Sequence[Scalar], position: float) -> Scalar:
    """Interpolate the anchors at a position in [0, 1]; words step at the anchors instead."""
    place = position * (len(anchors) - 1)
    left = int(place)
    right = min(left + 1, len(anchors) - 1)
    a, b, fraction = anchors[left], anchors[right], place - left
    if isinstance(a, str) or isinstance(b, str):
        return a
    return (1 - fraction) * a + fraction * b
