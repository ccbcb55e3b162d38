"""What the language reads, since mergekit's recipes have it, and the engine does not do (yet).

`check`, `publish`, `submit` and the engine all refuse by this list. Whoever builds one of these
takes it out here.
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
"""The chat template of the tokenizer that the output gets."""
OF_THE_TOKENIZER: Final = "'auto' for that of the tokenizer"
_WEIGHT_FILES: Final = (".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".gguf")


def not_built(recipe: Recipe) -> Iterator[Fault]:
    """A fault for each thing of a recipe that is not built yet: where it is, what to do instead."""
    yield from union(recipe)
    yield from never_merged(recipe)
    yield from unreadable(recipe)


def union(recipe: Recipe) -> Iterator[Fault]:
    """A union of vocabularies, which the engine takes where all of them are the same."""
    options = recipe.tokenizer_options
    if options is not None and options.source == "union":
        yield _fault(
            ("tokenizer_source",) if recipe.tokenizer_source else ("tokenizer", "source"),
            "a union of vocabularies",
            "leave it out where all models have one vocabulary, or name the model whose "
            "tokenizer the output gets",
        )


def never_merged(recipe: Recipe) -> Iterator[Fault]:
    """What the engine refuses whatever the models are."""
    if recipe.tokenizer is not None:
        yield from _rows(recipe.tokenizer)
    if recipe.chat_template not in (None, AUTO):
        yield from _chat_template(recipe.chat_template)
    if recipe.modules is not None and len(recipe.modules) > 1:
        yield _fault(("modules",), "a merge of several modules", "give one module, or models")


def _chat_template(template: str) -> Iterator[Fault]:
    if "{" not in template:
        what = f"the chat template {excerpt(template)} by its name"
        yield _fault(("chat_template",), what, f"give the Jinja text, or {OF_THE_TOKENIZER}")
        return
    from .chat_templates import what_is_wrong  # few recipes have one, and jinja2 takes time

    if wrong := what_is_wrong(template):
        yield Fault("/chat_template", "chat-template", wrong, f"mend it, or {OF_THE_TOKENIZER}")


def _rows(tokenizer: TokenizerOptions) -> Iterator[Fault]:
    if tokenizer.tokens:
        what = "the choice of single tokens' embeddings"
        yield _fault(("tokenizer", "tokens"), what, "leave it out")
    if tokenizer.pad_to_multiple_of is not None:
        what = "padding the vocabulary"
        yield _fault(("tokenizer", "pad_to_multiple_of"), what, "leave it out")


def unreadable(recipe: Recipe) -> Iterator[Fault]:
    """What is not read as a model; the engine, which sees the file, says more of it."""
    for path, reference in located(recipe):
        for part in (reference, reference.adapter):
            if part is not None and (instead := _instead(part)):
                yield _fault(path, f"reading {excerpt(part.model)}", instead)


def _instead(reference: ModelRef) -> str | None:
    if "://" in reference.model:
        return "models are not read from URLs: give a folder, an id of Hugging Face or a run"
    if reference.model.endswith(_WEIGHT_FILES):
        return "it is a file: give the folder of a model, with its config.json"
    return None


def _fault(path: Path, what: str, instead: str) -> Fault:
    return Fault(pointer(path), CODE, f"not built yet: {what}", instead)
