"""The files of an import, those in folders among them, and how many rows of each are sent."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import click

from mergehub.cli.importing.state import State, key_of, stamp

from .batches import Batch

SUFFIXES = (".json", ".jsonl", ".csv", ".tsv", ".md", ".yaml", ".yml", ".zip")
NOT_RESULTS = re.compile(
    r"(config|tokenizer|tokenizer_config|generation_config|special_tokens_map|vocab|"
    r"added_tokens|preprocessor_config|adapter_config|trainer_state|package|package-lock|"
    r".*\.index)\.json|mergekit.*\.ya?ml",
    re.IGNORECASE,
)
"""Files beside models and results that have no scores."""
SAMPLES = re.compile(r"samples_.*\.jsonl?")
EVAL_RESULTS = ".eval_results"
MOST_FILES = 200_000


class File(NamedTuple):
    """A file to read, and its name in messages, whose folders may name a model."""

    path: Path
    name: str


def files(paths: Iterable[Path]) -> list[File]:
    """The files among the paths, and those of results in the folders among them, sorted by path."""
    found: list[File] = []
    for path in paths:
        if not path.is_dir():
            found.append(File(path, path.name))
            continue
        inside = sorted(each for each in path.rglob("*") if _is_wanted(each, path))
        found += [File(each, each.relative_to(path).as_posix()) for each in inside]
        if len(found) > MOST_FILES:
            raise click.ClickException(f"{path} holds more than {MOST_FILES} files.")
    if not found:
        raise click.ClickException("There are no files to import in the folder.")
    named = Counter(each.name for each in found)
    return [each if named[each.name] == 1 else File(each.path, str(each.path)) for each in found]


def _is_wanted(path: Path, root: Path) -> bool:
    parts = path.relative_to(root).parts
    hidden = any(part.startswith(".") and part != EVAL_RESULTS for part in parts)
    if hidden or not path.name.lower().endswith(SUFFIXES) or NOT_RESULTS.fullmatch(path.name):
        return False
    if path.suffix in (".yaml", ".yml"):
        return EVAL_RESULTS in parts and path.is_file()
    return path.is_file() and not SAMPLES.fullmatch(path.name)


class Sent:
    """How many rows of which file are sent. A file that has changed since begins anew."""

    def __init__(self, found: list[File], state: State) -> None:
        self._paths = {each.name: each.path for each in found}
        self._state = state

    def before(self, file: File) -> int:
        """How many rows an earlier import has sent."""
        known = self._state.get(key_of(file.path))
        return int(known["rows"]) if known and known["file"] == stamp(file.path) else 0

    def add(self, batch: Batch) -> None:
        """Remember the rows of a batch."""
        counts = Counter(place.source for place in batch.places.values())
        for name, count in counts.items():
            file = File(self._paths[name], name)
            rows = self.before(file) + count
            self._state.put(key_of(file.path), {"file": stamp(file.path), "rows": rows})
        self._state.keep()
