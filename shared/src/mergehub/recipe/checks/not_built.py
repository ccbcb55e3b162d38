"""Features that the language reads, since mergekit's recipes use them, but the engine lacks.

`check`, `publish`, `submit` and the engine all refuse the features listed here. Remove an entry
when the engine supports it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mergehub.recipe.faults import Fault, Path, excerpt, pointer
from mergehub.recipe.ingredients import located
from mergehub.recipe.reference import ModelRef
from mergehub.recipe.schema import Recipe, TokenizerOptions

CODE: Final = "not-built"
AUTO: Final = "auto"
"""The value of `chat_template` that keeps the template of the output's tokenizer."""
OF_THE_TOKENIZER: Final = "write 'auto' for the tokenizer's own"
_WEIGHT_FILES: Final = (".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".gguf")


def not_built(recipe: Recipe) -> Iterator[Fault]:
    """Yield a fault for each part of a recipe that is not built yet, with what to write instead."""
    yield from union(recipe)
    yield from never_merged(recipe)
    yield from unreadable(recipe)


def union(recipe: Recipe) -> Iterator[Fault]:
    """Yield a fault for a union of vocabularies, which the engine accepts if they are all equal."""
    options = recipe.tokenizer_options
    if options is not None and options.source == "union":
        yield _fault(
            ("tokenizer_source",) if recipe.tokenizer_source else ("tokenizer", "source"),
            "a union of vocabularies",
            "remove it if all models have the same vocabulary, or name the model whose "
            "tokenizer the output gets",
        )


def never_merged(recipe: Recipe) -> Iterator[Fault]:
    """Yield a fault for each part that the engine refuses for any models."""
    if recipe.tokenizer is not None:
        yield from _rows(recipe.tokenizer)
    if recipe.chat_template not in (None, AUTO):
        yield from _chat_template(recipe.chat_template)
    if recipe.modules is not None and len(recipe.modules) > 1:
        yield _fault(("modules",), "a merge of several modules", "give one module, or 'models'")


def _chat_template(template: str) -> Iterator[Fault]:
    if "{" not in template:
        what = f"the chat template {excerpt(template)} by name"
        yield _fault(("chat_template",), what, f"write the Jinja text, or {OF_THE_TOKENIZER}")
        return
    from .chat_templates import what_is_wrong  # few recipes have one, and jinja2 takes time

    if wrong := what_is_wrong(template):
        yield Fault("/chat_template", "chat-template", wrong, f"fix it, or {OF_THE_TOKENIZER}")


def _rows(tokenizer: TokenizerOptions) -> Iterator[Fault]:
    if tokenizer.tokens:
        what = "choosing the embeddings of single tokens"
        yield _fault(("tokenizer", "tokens"), what, "remove it")
    if tokenizer.pad_to_multiple_of is not None:
        what = "padding the vocabulary"
        yield _fault(("tokenizer", "pad_to_multiple_of"), what, "remove it")


def unreadable(recipe: Recipe) -> Iterator[Fault]:
    """Yield a fault for each reference that cannot be a model.

    The engine, which sees the file, says more.
    """
    for path, reference in located(recipe):
        for part in (reference, reference.adapter):
            if part is not None and (instead := _instead(part)):
                yield _fault(path, f"reading {excerpt(part.model)}", instead)


def _instead(reference: ModelRef) -> str | None:
    if "://" in reference.model:
        return "models are not read from URLs: give a folder, a Hugging Face id or a run"
    if reference.model.endswith(_WEIGHT_FILES):
        return "this is a file: give the model's folder, which holds config.json"
    return None


def _fault(path: Path, what: str, instead: str) -> Fault:
    return Fault(pointer(path), CODE, f"not built yet: {what}", instead)
