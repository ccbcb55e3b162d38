"""What decides a score beside the weights: configuration, tokenizer, chat template."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from merge_worker.engine.files.file_kinds import OF_TOKENIZER, TEMPLATES, matches, of_tokenizer
from merge_worker.engine.files.reading import COPY_LIMIT, Within, read_small
from merge_worker.engine.models.checkpoint import ADAPTER_CONFIG, CONFIG
from merge_worker.evaluate.errors import EvaluationError

READ: Final = frozenset((CONFIG, ADAPTER_CONFIG, "generation_config.json"))


def beside_digest(folders: Iterable[tuple[Path, Within]]) -> str:
    """The digest of those files of a model and its adapter; the weights have their own.

    Raises EngineError if one of them cannot be read.
    """
    whole = hashlib.sha256()
    for place, (folder, within) in enumerate(folders):
        for name in sorted(_names(folder)):
            content = read_small(folder / name, COPY_LIMIT, within)
            whole.update(f"{place} {name} {hashlib.sha256(content).hexdigest()}\n".encode())
    return whole.hexdigest()


def check_tokenizer(folder: Path) -> None:
    """Raise EvaluationError if a model has no tokenizer, without which it reads no text."""
    if not any(matches(path.name, OF_TOKENIZER) for path in folder.iterdir()):
        raise EvaluationError(
            "The model has no tokenizer: put the files of its tokenizer, such as tokenizer.json, "
            "beside its weights."
        )


def _names(folder: Path) -> Iterator[str]:
    """Yield the names of the files that transformers reads with the weights."""
    inside = folder / TEMPLATES
    found = [path.name for path in folder.iterdir()]
    if inside.is_dir():
        found += [f"{TEMPLATES}/{path.name}" for path in inside.iterdir()]
    for name in found:
        if (name in READ or of_tokenizer(name)) and (folder / name).is_file():
            yield name
