"""Recognise other documents that are passed as a recipe, and say what they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from mergehub.recipe.faults import Fault, RecipeError

Document = dict[str, Any]

CODE: Final = "not-a-recipe"

_FENCE = re.compile(r"^(```|~~~)", re.MULTILINE)
_FRONT_MATTER = re.compile(
    r"\ufeff?\s*---[ \t]*\r?\n(?P<front>.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE
)
_CARD = re.compile(
    r"^(license|tags|library_name|pipeline_tag|language|datasets|model-index|base_model):",
    re.MULTILINE,
)
_RECIPE = re.compile(r"^(merge_method|models|slices|modules):", re.MULTILINE)
_OF_A_RECIPE = ("merge_method", "models", "slices", "modules")


class _Kind(NamedTuple):
    """A kind of document, how to recognise it, and what to do instead."""

    what: str
    is_it: Callable[[Document], bool]
    instead: str | None = None


def _has(*names: str, least: int | None = None) -> Callable[[Document], bool]:
    """Return a test that a document has all of these fields, or at least `least` of them."""
    return lambda document: sum(name in document for name in names) >= (least or len(names))


_NOT_HERE: Final = "not built yet"
_KINDS: Final = (
    _Kind(
        f"a mergekit-moe configuration: a mixture of experts is {_NOT_HERE}",
        lambda document: "experts" in document or "gate_mode" in document,
        "merge the models themselves: list them under 'models' and give a merge_method",
    ),
    _Kind(
        f"a mergekit-evolve configuration: a search for a recipe is {_NOT_HERE}",
        _has("genome"),
        "write one recipe to try: merge_method, models and parameters",
    ),
    _Kind(
        "the configuration of a PEFT adapter",
        _has("peft_type", "lora_alpha", "base_model_name_or_path", "target_modules", least=2),
        "name the adapter after its model in a recipe: 'model: org/name+org/adapter'",
    ),
    _Kind(
        "a configuration for training (Axolotl, LLaMA-Factory or the like)",
        _has(
            "datasets", "sequence_len", "micro_batch_size", "gradient_accumulation_steps",
            "learning_rate", "num_epochs", "num_train_epochs", "lora_r", "finetuning_type",
            "model_name_or_path", "optimizer", "lr_scheduler",
            least=2,
        ),
        "train with it elsewhere, and name the trained models in a recipe",
    ),
    _Kind(
        "the front matter of a model card",
        _has(
            "license", "tags", "library_name", "pipeline_tag", "language", "model-index",
            "datasets", "base_model_relation", "widget", "model_name", "quantized_by",
            least=1,
        ),
        "pass only the recipe that the card shows",
    ),
    _Kind(
        "a model's config.json",
        _has("architectures", "model_type", "hidden_size", "num_hidden_layers", least=2),
        "write a recipe that names the model's folder",
    ),
)  # fmt: skip


def of_another_kind(data: Any) -> Fault | None:
    """Return the one fault of another program's document, or None if it may be a recipe."""
    if not isinstance(data, dict) or any(field in data for field in _OF_A_RECIPE):
        return None
    for kind in _KINDS:
        if kind.is_it(data):
            return Fault("", CODE, f"this is {kind.what}", kind.instead)
    return None


def front_matter(text: str) -> Fault | None:
    """Return the fault of a model card's text (a README.md), or None."""
    found = _FRONT_MATTER.match(text)
    if found is None or not _CARD.search(found["front"]) or _RECIPE.search(found["front"]):
        return None
    message = "this is a model card: front matter between '---' lines, then Markdown"
    return Fault("", CODE, message, "pass only the recipe that the card shows")


def fenced(text: str) -> RecipeError | None:
    """Return the error of a text that is not YAML because it is Markdown around YAML, or None."""
    if not _FENCE.search(text):
        return None
    message = "this is Markdown: the recipe is inside a ``` fence"
    return RecipeError([Fault("", CODE, message, "pass only the lines inside the fence")])
