"""Reads any file with lineage, by its name and its first characters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from .cards.cards import read_card
from .cards.recipes import read_recipe
from .rows import Row, Skipped, Unreadable
from .tables.csv_edges import read_csv
from .tables.json_lines import read_json
from .text import lines

EDGE_LIST = "edge-list"
CSV, JSON, CARD, RECIPE = FORMATS = ("csv", "json", "card", "recipe")
SUFFIXES = {
    ".csv": CSV, ".tsv": CSV, ".tab": CSV,
    ".json": JSON, ".jsonl": JSON, ".ndjson": JSON,
    ".md": CARD, ".markdown": CARD,
    ".yml": RECIPE, ".yaml": RECIPE,
}  # fmt: skip
IN_FOLDERS = frozenset(SUFFIXES) - {".yml", ".yaml"}
MOST_FILES = 1_000_000


@dataclass(frozen=True)
class How:
    """How to read: what the user says about the files."""

    format: str | None = None
    name: str | None = None
    columns: tuple[str, ...] | None = None


class File(NamedTuple):
    """A file to read, and the folder below which its path may name a model."""

    path: Path
    root: Path | None = None


def files(paths: Iterable[Path]) -> Iterator[File]:
    """The files among the paths, and those in the folders among them, sorted by path.

    Raises:
        Unreadable: a path does not exist, or a folder holds too many files.
    """
    for path in paths:
        if not path.is_dir():
            yield File(path)
            continue
        found = sorted(each for each in path.rglob("*") if _is_wanted(each, path))
        if len(found) > MOST_FILES:
            raise Unreadable(f"{path} holds more than {MOST_FILES} files: import parts of it.")
        yield from (File(each, path) for each in found)


def read(file: File, how: How) -> Iterator[Row]:
    """The rows of one file.

    Raises:
        Unreadable: it cannot be read at all.
    """
    match how.format or format_of(file.path):
        case "csv":
            yield from read_csv(file.path, how.columns)
        case "json":
            yield from read_json(file.path)
        case "card":
            yield from read_card(file.path, how.name, file.root)
        case _ if how.name is None:
            raise Unreadable(f"{file.path.name} is a recipe: give its model's name with --name.")
        case _:
            yield from read_recipe(file.path, how.name)


def format_of(path: Path) -> str:
    """The format that a file's name or its first line shows."""
    suffixes = [each.lower() for each in path.suffixes if each.lower() != ".gz"]
    if suffixes and suffixes[-1] in SUFFIXES:
        return SUFFIXES[suffixes[-1]]
    for line in lines(path):
        if isinstance(line, Skipped):
            break
        if text := line[1].strip():
            return JSON if text[0] in "{[" else CARD if text == "---" else CSV
    return CSV


def _is_wanted(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    suffixes = {each.lower() for each in path.suffixes[-2:]}
    return not hidden and bool(suffixes & IN_FOLDERS) and path.is_file()
