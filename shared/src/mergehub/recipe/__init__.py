"""The recipe language, which says how to merge: read strictly, written canonically."""

from mergehub.recipe.checks.not_built import not_built

from .canonical import canonical, canonical_document, digest_of, recipe_digest
from .faults import Fault, RecipeError
from .ingredients import ingredients, named_in, references, tokenizer_models
from .lock import Lock, LockedFile, LockedIngredient
from .methods import MethodSpec, ParameterSpec, catalogue, register
from .parse import (
    ParsedRecipe,
    check_document,
    parse_recipe,
    parse_recipes,
    parse_to_merge,
    parse_with_warnings,
)
from .reference import ModelRef
from .render import to_yaml
from .schema import (
    ModelInput,
    OutputModule,
    OutputSlice,
    Recipe,
    SliceSource,
    TokenizerOptions,
    TokenOptions,
)
from .values import ParameterScope, UnresolvedParameter, layer_position, resolve

__all__ = [
    "Fault",
    "Lock",
    "LockedFile",
    "LockedIngredient",
    "MethodSpec",
    "ModelInput",
    "ModelRef",
    "OutputModule",
    "OutputSlice",
    "ParameterScope",
    "ParameterSpec",
    "ParsedRecipe",
    "Recipe",
    "RecipeError",
    "SliceSource",
    "TokenOptions",
    "TokenizerOptions",
    "UnresolvedParameter",
    "canonical",
    "canonical_document",
    "catalogue",
    "check_document",
    "digest_of",
    "ingredients",
    "layer_position",
    "named_in",
    "not_built",
    "parse_recipe",
    "parse_recipes",
    "parse_to_merge",
    "parse_with_warnings",
    "recipe_digest",
    "references",
    "register",
    "resolve",
    "to_yaml",
    "tokenizer_models",
]
