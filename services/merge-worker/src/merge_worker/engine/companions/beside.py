"""The files that a merge puts next to the weights: the tokenizer's files and all others.

The tokenizer's files come from the model that gives the tokenizer, all other files from the model
that gives the configuration.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from merge_worker.engine.errors import CheckpointError
from merge_worker.engine.files.custom_code import (
    AUTO_MAP,
    CONFIGS,
    code_notes,
    lost_code,
    with_known_code,
)
from merge_worker.engine.files.file_kinds import UNWANTED, matches, of_tokenizer
from merge_worker.engine.files.reading import MIB, largest
from merge_worker.engine.files.strict_json import read_json
from merge_worker.engine.models.sources import Sources
from mergehub.recipe.checks.not_built import AUTO
from mergehub.recipe.schema import Recipe

from .giver import Giver

MOST_FILES: Final = 300
MOST_BYTES: Final = 512 * MIB
NAMED: Final = 3
"""How many files that are not copied a note names."""
CHAT_TEMPLATE: Final = "chat_template.jinja"


@dataclass(frozen=True)
class Beside:
    """The files next to the weights: config.json, copies and texts, with notes about them."""

    config: dict[str, Any]
    copies: dict[str, Path]
    texts: dict[str, str]
    notes: list[str]


def plan_beside(
    recipe: Recipe, config: Mapping[str, Any], tokenizer: Giver, rest: Giver, sources: Sources
) -> Beside:
    """Choose the files next to the weights; `config` is the output's, which `rest` gave.

    Raises:
        CheckpointError, SourceError: a file that should be copied cannot be.
    """
    ours = tokenizer.files(sources)
    copies = {name: path for name, path in ours.items() if of_tokenizer(name)}
    others = rest.files(sources)
    copies |= {name: path for name, path in others.items() if not of_tokenizer(name)}
    notes = [*_left_behind(tokenizer, rest), *_leave_large(copies, rest)]
    notes += _module_notes(rest, copies)
    notes += code_notes(copies, config.get(AUTO_MAP))
    known, lost = with_known_code(config, copies)
    texts, lost_beside = _known_code(copies)
    texts |= _chat_template(recipe, copies)
    copies = {name: path for name, path in copies.items() if name not in texts}
    return Beside(known, copies, texts, [*notes, *lost_code({"config.json": lost} | lost_beside)])


def _left_behind(*givers: Giver) -> Iterator[str]:
    """Yield notes about files that are never part of a model."""
    for giver in {each.location.folder: each for each in givers}.values():
        for why, names in giver.never_copied.items():
            yield f"{_listed(names)} of {giver.reference} {_is_not(names)} copied: {why}"


def _leave_large(copies: dict[str, Path], rest: Giver) -> Iterator[str]:
    """Remove what is too large from `copies` and yield notes; refuse a tokenizer's file."""
    left: dict[str, list[str]] = {}
    total = number = 0
    for name, path in list(copies.items()):
        size = path.stat().st_size
        why = _too_much(path, size, total + size, number + 1)
        if why is None:
            total, number = total + size, number + 1
        elif of_tokenizer(name):
            raise CheckpointError(
                f"{path} has {size} bytes but cannot be left out, being a tokenizer's: {why}"
            )
        else:
            del copies[name]
            left.setdefault(why, []).append(name)
    for why, names in left.items():
        yield f"{_listed(names)} of {rest.reference} {_is_not(names)} copied: {why}"


def _too_much(path: Path, size: int, bytes_: int, files: int) -> str | None:
    """The limit that a file of this size exceeds, given the totals with it; None if it fits."""
    if size > (most := largest(path.name)):
        return f"the limit for such a file is {most} bytes"
    if files > MOST_FILES:
        return f"at most {MOST_FILES} files are copied next to the weights"
    if bytes_ > MOST_BYTES:
        return f"the limit for all files next to the weights is {MOST_BYTES} bytes"
    return None


def _listed(names: list[str]) -> str:
    """The names, or the first of them and the number of others."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more files" if more > 0 else "")


def _is_not(names: list[str]) -> str:
    return "is not" if len(names) == 1 else "are not"


def _known_code(copies: Mapping[str, Path]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The files whose `auto_map` names code that is missing, written without it; and the classes
    that each of them no longer names."""
    texts, missing = {}, {}
    for name in filter(copies.__contains__, CONFIGS):
        config, lost = with_known_code(read_json(copies[name]), copies)
        if lost:
            texts[name] = json.dumps(config, indent=2, ensure_ascii=False) + "\n"
            missing[name] = lost
    return texts, missing


def _module_notes(rest: Giver, copies: Mapping[str, Path]) -> Iterator[str]:
    """Yield notes about sentence-transformers' modules that have weights."""
    for module in rest.modules:
        weights = [n for n in copies if n.startswith(f"{module}/") and n.endswith(".safetensors")]
        for name in weights:
            yield f"{name} is copied from {rest.reference}, not merged"
        folder = rest.location.folder / module
        left = [n for n in _names(folder) if matches(n, UNWANTED)] if not weights else []
        if left:
            yield (
                f"{module}/{left[0]} of {rest.reference} is not copied, since its format can run "
                "code: sentence-transformers cannot open the output without it"
            )


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def _chat_template(recipe: Recipe, copies: dict[str, Path]) -> dict[str, str]:
    template = recipe.chat_template
    if template is None or template == AUTO:
        return {}
    copies.pop("chat_template.json", None)
    return {CHAT_TEMPLATE: template}
