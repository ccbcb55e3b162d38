"""The planned tensors of a recipe, one by one: which models are merged, with what parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from merge_worker.engine.companions.tokenizers import unequal_rows
from merge_worker.engine.errors import NotSupportedError, PlanError
from merge_worker.engine.files.dtypes import BY_TORCH_NAME, CODES
from merge_worker.engine.files.header import Region
from merge_worker.engine.ingredients.differences import differing_sizes, lacks
from merge_worker.engine.ingredients.opened import Ingredient, is_vocabulary
from merge_worker.engine.method import AnyMethod
from merge_worker.engine.plan import Operand, PlannedTensor
from mergehub.recipe.methods import ParameterSpec
from mergehub.recipe.reference import ModelRef
from mergehub.recipe.scalars import Scalar
from mergehub.recipe.schema import ModelInput, Recipe
from mergehub.recipe.values import Parameters, ParameterScope, UnresolvedParameter

from .groups import Copy, Wanted

Member = tuple[ModelInput, str]
"""An input of the recipe, and the name of its tensor."""


@dataclass(frozen=True)
class Table:
    """Makes the planned tensors of one recipe."""

    recipe: Recipe
    method: AnyMethod
    opened: Mapping[ModelRef, Ingredient]

    @cached_property
    def _places(self) -> dict[ModelRef, int]:
        return {model: place for place, model in enumerate(self.opened)}

    @property
    def _asked(self) -> str | None:
        """The element type that the recipe asks for, or None."""
        return self.recipe.out_dtype or self.recipe.dtype

    def tensor(self, wanted: Wanted | Copy) -> PlannedTensor:
        """Plan one output tensor, without its place in a file."""
        return self._copy(wanted) if isinstance(wanted, Copy) else self._merged(wanted)

    def _copy(self, copy: Copy) -> PlannedTensor:
        ingredient = self.opened[copy.model]
        if copy.stored in ingredient.updates:
            raise NotSupportedError(
                f"the adapter of {copy.model} changes {copy.stored!r}, which is outside the "
                "merged module: merge that module, or use the model without the adapter"
            )
        source = ingredient.region(copy.stored)
        operand = Operand(self._places[copy.model], copy.stored, source)
        region = Region("", 0, source.dtype, source.shape)
        return PlannedTensor(copy.name, region, None, {}, None, (operand,))

    def _merged(self, wanted: Wanted) -> PlannedTensor:
        spec = self.method.spec
        settings = self._parameters(wanted, wanted.group.around, "recipe")
        members, base = self._members(wanted), self._origin(wanted)
        operands = tuple(
            self._operand(wanted, entry, name, self._model_parameters(wanted, entry))
            for entry, name in members
        )
        origin = self._operand(wanted, *base, {}) if base else None
        region = self._region(wanted, [origin, *operands] if origin else list(operands))
        tensor = PlannedTensor(wanted.name, region, spec.name, settings, origin, operands)
        return self._copied(tensor)

    def _members(self, wanted: Wanted) -> list[Member]:
        """The models that are merged, in order."""
        spec, group = self.method.spec, wanted.group
        places = spec.merged(group.models, group.base)
        if not spec.takes(len(places)):
            raise PlanError(f"{spec.name} merges {spec.how_many}; here it gets {len(places)}")
        listed = list(zip(group.inputs, wanted.names, strict=True))
        return [self._base(wanted) if place is None else listed[place] for place in places]

    def _origin(self, wanted: Wanted) -> Member | None:
        """The base, if the method has one that is not merged itself, or None."""
        if self.method.spec.base not in ("required", "optional"):
            return None
        if wanted.group.base is None and self.method.spec.base == "required":
            raise PlanError(f"{self.method.spec.name} needs a base_model")
        return self._base(wanted) if wanted.group.base else None

    @staticmethod
    def _base(wanted: Wanted) -> Member:
        """The base as listed or, if it is not listed, as an input without parameters."""
        group = wanted.group
        assert group.base is not None
        if group.base in group.models:
            place = group.models.index(group.base)
            return group.inputs[place], wanted.names[place]
        if wanted.base_name is None:
            raise PlanError(
                f"the base {group.base} is not among the sources of a slice, so its layers are "
                "unknown: list it there with its layer_range"
            )
        return ModelInput(model=group.base), wanted.base_name

    def _operand(
        self, wanted: Wanted, entry: ModelInput, name: str, parameters: dict[str, Scalar]
    ) -> Operand:
        ingredient = self.opened[entry.model]
        stored = ingredient.find(name)
        if stored is None:
            having = self.opened[wanted.group.models[0]]
            raise PlanError(lacks(ingredient, having, [name]))
        update = ingredient.updates.get(stored)
        place = self._places[entry.model]
        return Operand(place, stored, ingredient.region(stored), update, parameters)

    def _model_parameters(self, wanted: Wanted, entry: ModelInput) -> dict[str, Scalar]:
        return self._parameters(wanted, (entry.parameters, *wanted.group.around), "model")

    def _parameters(
        self, wanted: Wanted, places: tuple[Parameters, ...], scope: str
    ) -> dict[str, Scalar]:
        scoped = ParameterScope(self.method.spec, places)
        declared = [p for p in self.method.spec.parameters if p.scope == scope]
        try:
            return {p.name: _checked(p, scoped, wanted) for p in declared}
        except UnresolvedParameter as error:
            raise PlanError(str(error)) from None

    def _region(self, wanted: Wanted, operands: list[Operand]) -> Region:
        first = operands[0].region
        shape = self._shape(wanted, operands)
        if first.dtype not in CODES:
            return Region("", 0, first.dtype, shape)
        dtype = BY_TORCH_NAME[self._asked] if self._asked else first.dtype
        return Region("", 0, "F32" if dtype == "F64" else dtype, shape)

    def _shape(self, wanted: Wanted, operands: list[Operand]) -> tuple[int, ...]:
        shapes = [operand.region.shape for operand in operands]
        if len(set(shapes)) == 1:
            return shapes[0]
        models = list(self.opened.values())
        listed = ", ".join(f"{list(self.opened)[o.model]} {list(o.region.shape)}" for o in operands)
        found = f"{wanted.name!r} has different shapes: {listed}"
        rows_alone = all(shapes) and len({shape[1:] for shape in shapes}) == 1
        if not is_vocabulary(wanted.name) or not rows_alone:
            other = next(o for o in operands if o.region.shape != shapes[0])
            why = differing_sizes(models[operands[0].model], models[other.model])
            raise PlanError(found + why)
        if not self.recipe.allow_submatrix:
            raise unequal_rows(self.recipe, found)
        return (min(shape[0] for shape in shapes), *shapes[0][1:])

    def _copied(self, tensor: PlannedTensor) -> PlannedTensor:
        """The tensor as a plain copy, if the merge amounts to that."""
        first = tensor.rows[0]
        models = [operand.parameters for operand in tensor.operands]
        if problem := self.method.problem(tensor.settings, models):
            raise PlanError(f"{tensor.name!r}: {problem}")
        computable = all(row.region.dtype in CODES for row in tensor.rows)
        if computable and not self.method.copies(tensor.settings, models):
            return tensor
        if computable and first.region.dtype == "F64" and not (first.update or self._asked):
            tensor = replace(tensor, region=replace(tensor.region, dtype="F64"))
        if computable and (first.update or first.region.dtype != tensor.region.dtype):
            return tensor
        if not computable and first.region.dtype.startswith("F8") and len(tensor.rows) > 1:
            raise NotSupportedError(
                f"{tensor.name!r} is stored as {first.region.dtype}, a type that cannot be merged"
            )
        return PlannedTensor(tensor.name, tensor.region, None, {}, None, (first,))


def _checked(parameter: ParameterSpec, scope: ParameterScope, wanted: Wanted) -> Scalar:
    value = scope.value(parameter.name, wanted.name, wanted.position)
    if parameter.type in ("float", "int") and not parameter.contains(float(value)):
        raise PlanError(
            f"{parameter.name} is {value} for {wanted.name!r}; it must be {parameter.range}"
        )
    return value
