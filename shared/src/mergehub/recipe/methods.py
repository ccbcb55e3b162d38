"""Which merge methods exist, and which parameters each takes.

The engine declares its methods. `methods.json` next to this file holds the declarations, so that
recipes can be checked without torch. `register` adds a method at run time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, cached_property
from importlib.resources import files
from types import MappingProxyType
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, TypeAdapter, model_validator

from .constraints import Constraint
from .scalars import FLOAT32_MAX, Scalar


class ParameterSpec(BaseModel):
    """One parameter of a method: its type, range, default and where in a recipe it may appear.

    A parameter of scope "model" may differ between the models of one merge (a weight); a parameter
    of scope "recipe" has one value for the whole output tensor (normalize). Both may differ from
    slice to slice, layer to layer and tensor to tensor.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    type: Literal["float", "int", "bool", "str"]
    doc: str
    default: Scalar | None = None
    required: bool = False
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: bool = False
    exclusive_maximum: bool = False
    scope: Literal["model", "recipe"] = "model"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.required == (self.default is not None):
            raise ValueError(f"parameter {self.name!r} must be required or have a default")
        if (self.type == "str") != bool(self.choices):
            raise ValueError(
                f"parameter {self.name!r}: choices belong to type 'str', and only to it"
            )
        return self

    def is_in_range(self, value: object) -> bool:
        """Return whether a value of a recipe is a number that this parameter allows everywhere."""
        number = type(value) is float or type(value) is int
        return number and self.type == "float" and self.contains(value)  # type: ignore[arg-type]

    def contains(self, value: float) -> bool:
        """Return whether a number is in the range of this parameter and fits in float32."""
        low, high = self.minimum, self.maximum
        above = low is None or (value > low if self.exclusive_minimum else value >= low)
        below = high is None or (value < high if self.exclusive_maximum else value <= high)
        return above and below and abs(value) <= FLOAT32_MAX

    def convert(self, value: Scalar) -> Scalar:
        """Return a value of a checked recipe in the type of this parameter."""
        if self.type == "bool":
            return bool(value)
        if self.type == "int":
            return round(float(value))
        return float(value) if self.type == "float" else str(value)

    @property
    def range(self) -> str:
        """The range in words: "in [0, 1]", "above 0", "finite"."""
        low, high = self.minimum, self.maximum
        if low is not None and high is not None:
            left, right = "(" if self.exclusive_minimum else "[", ")"
            right = right if self.exclusive_maximum else "]"
            return f"in {left}{low:g}, {high:g}{right}"
        if low is not None:
            return f"above {low:g}" if self.exclusive_minimum else f"at least {low:g}"
        if high is not None:
            return f"below {high:g}" if self.exclusive_maximum else f"at most {high:g}"
        return "finite"


class MethodSpec(BaseModel):
    """A merge method as the recipe language, the documentation and the web pages see it.

    `base` says what `base_model` is to the method:

    - "required": the origin of the task vectors; it is not merged itself;
    - "optional": the same when it is given;
    - "member": one of the merged models, and the first (SLERP's t = 0). If it is not listed, it
      joins them as long as `max_models` allows. If it cannot join, or there is no base, the first
      model listed is the first;
    - "none": nothing to the arithmetic (it may still name the tokenizer and the config).

    `ordered` says whether the order of the models matters to the arithmetic.

    `min_models` and `max_models` bound how many models one merge takes; the base counts only if it
    is a member. `constraints` say what the method requires of several parameters together. Names in
    `without_effect` are accepted with a warning, since mergekit accepts them, and have no effect.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    summary: str
    formula: str
    paper: str | None = None
    base: Literal["required", "optional", "member", "none"] = "none"
    min_models: int = 1
    max_models: int | None = None
    seeded: bool = False
    ordered: bool = False
    parameters: tuple[ParameterSpec, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    without_effect: tuple[str, ...] = ("int8_mask",)

    @model_validator(mode="after")
    def _declared(self) -> Self:
        for constraint in self.constraints:
            if missing := [each for each in constraint.parameters if not self.parameter(each)]:
                raise ValueError(f"{self.name} constrains {missing}, which it does not declare")
        return self

    def parameter(self, name: str) -> ParameterSpec | None:
        """The parameter of that name, or None."""
        return self._named.get(name)

    @cached_property
    def _named(self) -> Mapping[str, ParameterSpec]:
        return {each.name: each for each in self.parameters}

    def merged(self, listed: Sequence[object], base: object | None) -> list[int | None]:
        """Return which models are merged, in order: indices in `listed`, None for a joining base.

        A model that is listed several times (with other layers or weights) is merged as often.
        """
        others: list[int | None] = [i for i, each in enumerate(listed) if each != base]
        if base is None or self.base == "none":
            return list(range(len(listed)))
        if self.base != "member":
            return others
        as_base: list[int | None] = [i for i, each in enumerate(listed) if each == base]
        return [*([None] if self.joins(listed, base) else as_base), *others]

    def joins(self, listed: Sequence[object], base: object) -> bool:
        """Return whether a base that is a member is merged although it is not listed."""
        room = self.max_models is None or len(listed) < self.max_models
        return room and base not in listed

    def takes(self, count: int) -> bool:
        """Return whether the method can merge this many models."""
        return self.min_models <= count <= (self.max_models or count)

    @property
    def how_many(self) -> str:
        """How many models it takes, in words: "exactly 2 models", "at least 1 model"."""
        low, high = self.min_models, self.max_models
        models = f"{low} model" if low == 1 else f"{low} models"
        beside = " besides the base" if self.base in ("required", "optional") else ""
        if low == high:
            return f"exactly {models}{beside}"
        limit = f" and at most {high}" if high is not None else ""
        return f"at least {models}{limit}{beside}"

    @property
    def defaults(self) -> dict[str, Scalar]:
        """The default of every parameter that has one."""
        return {p.name: p.default for p in self.parameters if p.default is not None}


METHODS_FILE = "methods.json"
_SPECS = TypeAdapter(tuple[MethodSpec, ...])
_registered: dict[str, MethodSpec] = {}


def catalogue() -> Mapping[str, MethodSpec]:
    """Every method by name: the packaged ones and those registered in this process."""
    return MappingProxyType({**_packaged(), **_registered})


def register(spec: MethodSpec) -> None:
    """Add a method to the catalogue of this process; it replaces a packaged one of its name.

    Raises:
        ValueError: another method was registered under this name.
    """
    if _registered.setdefault(spec.name, spec) != spec:
        raise ValueError(f"another merge method is already registered as {spec.name!r}")


@contextmanager
def registered(spec: MethodSpec) -> Iterator[None]:
    """Add a method to the catalogue of this process within the block.

    Raises:
        ValueError: another method has that name.
    """
    if spec.name in catalogue():
        raise ValueError(f"there is already a merge method {spec.name!r}")
    _registered[spec.name] = spec
    try:
        yield
    finally:
        del _registered[spec.name]


def dump(specs: Mapping[str, MethodSpec]) -> str:
    """The text of `methods.json` for these methods, in the order of their names."""
    ordered = tuple(specs[name] for name in sorted(specs))
    return _SPECS.dump_json(ordered, indent=2, exclude_defaults=True).decode() + "\n"


@cache
def _packaged() -> Mapping[str, MethodSpec]:
    text = files(__package__).joinpath(METHODS_FILE).read_bytes()
    return {spec.name: spec for spec in _SPECS.validate_json(text)}
