"""Which tokenizer the output gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from mergehub.recipe.not_built import AUTO
from mergehub.recipe.reference import ModelRef
from mergehub.recipe.schema import Recipe

from .checkpoint import read_json
from .errors import NotSupportedError
from .ingredients import Ingredient
from .sources import Sources

FILES: Final = (
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "spiece.model",
    "chat_template.jinja",
    "chat_template.json",
    "preprocessor_config.json",
    "processor_config.json",
)
GENERATION: Final = "generation_config.json"
CHAT_TEMPLATE: Final = "chat_template.jinja"


@dataclass(frozen=True)
class TokenizerPlan:
    """The files that come with the weights: copies, texts, and what is to be said about them."""

    copies: dict[str, Path] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def plan_tokenizer(
    recipe: Recipe, opened: Mapping[ModelRef, Ingredient], sources: Sources
) -> TokenizerPlan:
    """Choose the tokenizer: the one that the recipe names, else the base's, else the first's.

    Raises:
        NotSupportedError: rows of the embeddings would have to be moved or made.
    """
    folders = {reference: each.checkpoint.folder for reference, each in opened.items()}
    source = _source(recipe, folders, sources)
    differing = _differing(source, folders)
    _refuse_new_rows(recipe, differing)
    copies = {name: source / name for name in FILES if (source / name).is_file()}
    definer = next(iter(folders.values()))
    if (definer / GENERATION).is_file():
        copies[GENERATION] = definer / GENERATION
    notes = tuple(
        f"{reference} has another vocabulary than the tokenizer of the output"
        for reference in differing
    )
    return TokenizerPlan(copies, _chat_template(recipe, copies), notes)


def _source(recipe: Recipe, folders: Mapping[ModelRef, Path], sources: Sources) -> Path:
    options = recipe.tokenizer_options
    if options is not None and isinstance(options.source, ModelRef):
        return folders.get(options.source) or sources.locate(options.source).folder
    if recipe.base_model is not None:
        return folders.get(recipe.base_model) or sources.locate(recipe.base_model).folder
    return next(iter(folders.values()))


def _differing(source: Path, folders: Mapping[ModelRef, Path]) -> list[ModelRef]:
    wanted = vocabulary(source)
    found = {reference: vocabulary(folder) for reference, folder in folders.items()}
    return [reference for reference, each in found.items() if each and wanted and each != wanted]


def _refuse_new_rows(recipe: Recipe, differing: list[ModelRef]) -> None:
    if recipe.tokenizer_options is not None and differing:
        raise NotSupportedError(
            f"the vocabulary of {differing[0]} differs from the tokenizer asked for, and moving "
            "rows of embeddings is not supported yet; leave tokenizer_source out if the ids agree"
        )


def _chat_template(recipe: Recipe, copies: dict[str, Path]) -> dict[str, str]:
    template = recipe.chat_template
    if template is None or template == AUTO:
        return {}
    copies.pop(CHAT_TEMPLATE, None)
    return {CHAT_TEMPLATE: template}


def vocabulary(folder: Path) -> dict[str, int] | bytes | None:
    """What a tokenizer's vocabulary is, in a form to compare; None if there is no tokenizer."""
    if (folder / "tokenizer.json").is_file():
        return _fast_vocabulary(read_json(folder / "tokenizer.json"))
    for name in ("tokenizer.model", "spiece.model", "vocab.json", "vocab.txt"):
        if (folder / name).is_file():
            return (folder / name).read_bytes()
    return None


def _fast_vocabulary(tokenizer: dict[str, Any]) -> dict[str, int]:
    model = tokenizer.get("model")
    vocab = model.get("vocab") if isinstance(model, dict) else None
    if isinstance(vocab, list):
        vocab = {str(entry[0]): i for i, entry in enumerate(vocab)}
    added = {str(t["content"]): int(t["id"]) for t in tokenizer.get("added_tokens") or ()}
    return {**(vocab or {}), **added}
