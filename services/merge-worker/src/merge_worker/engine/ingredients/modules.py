"""The modules of a model: the parts that a recipe can merge separately."""

from __future__ import annotations

import re
from typing import Final

from merge_worker.engine.errors import PlanError
from merge_worker.engine.models.layers import sense_of

from .opened import Ingredient

TEXT: Final = "text_decoder"
_PROJECTOR: Final = "multi_modal_projector"
_TOWERS: Final = {"vision": "vision_tower", "audio": "audio_tower"}
_PROJECTS: Final = re.compile(r"projector|connector|multi_modal|merger|resampler")
_ALIASES: Final = {
    TEXT: ("text_model", "language_model", "text", "llm"),
    "vision_tower": ("vision_encoder", "vision_model", "visual", "vision"),
    "audio_tower": ("audio_encoder", "audio_model", "audio"),
    _PROJECTOR: ("projector", "connector", "merger"),
    "encoder": (),
    "decoder": (),
    "shared": (),
}
_ONLY: Final = ("default", "model", "decoder")


def module_of(name: str, ingredient: Ingredient) -> str:
    """The module that a tensor belongs to.

    The first part of its name that names a module decides. A tensor whose name has no such part
    belongs to the text module or, in an encoder-decoder model, is shared by both.
    """
    two = bool(ingredient.checkpoint.config.get("is_encoder_decoder"))
    for word in re.split(r"\.(?=\d)", name)[0].split("."):
        if _PROJECTS.search(word):
            return _PROJECTOR
        if sense := sense_of(word):
            return _TOWERS[sense]
        if two and word in ("encoder", "decoder"):
            return word
    return "shared" if two else TEXT


def belongs(name: str, ingredient: Ingredient, module: str | None) -> bool:
    """Whether a tensor belongs to a module; if the module is None, every tensor does."""
    return module is None or module_of(name, ingredient) == module


def find_module(asked: str, ingredient: Ingredient) -> str:
    """The module of this model that a recipe's name means.

    Raises:
        PlanError: the model has no such module.
    """
    there = sorted({module_of(name, ingredient) for name in ingredient.names})
    for module in there:
        only = _ONLY if there == [TEXT] else ()
        if asked in (module, *_ALIASES[module], *only):
            return module
    raise PlanError(
        f"{ingredient.reference} has no module {asked!r}; its modules are {', '.join(there)}"
    )
