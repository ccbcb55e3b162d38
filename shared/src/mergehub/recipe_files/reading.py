"""Reads any file with recipes, by its name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from mergehub.lineage_files.reading import File
from mergehub.lineage_files.rows import Unreadable

from .cards import read_card
from .documents import read_documents
from .json_lines import read_json_lines
from .rows import Found, Refused, Row

SUFFIXES = {
    ".yml": "yaml", ".yaml": "yaml",
    ".md": "card", ".markdown": "card",
    ".jsonl": "jsonl", ".ndjson": "jsonl",
}  # fmt: skip
FORMATS = ("yaml", "card", "jsonl")
STANDARD_INPUT = "standard input"
MOST_FILES = 1_000_000


def files(paths: Iterable[Path]) -> Iterator[File]:
    """The files among the paths, and those in the folders among them, sorted by path.

    Raises:
        Unreadable: a folder holds too many files.
    """
    for path in paths:
        if not path.is_dir():
            yield File(path)
            continue
        found = sorted(each for each in path.rglob("*") if _is_wanted(each, path))
        if len(found) > MOST_FILES:
            raise Unreadable(f"{path} holds more than {MOST_FILES} files: import parts of it.")
        yield from (File(each, path) for each in found)


def read(file: File, format: str | None = None, name: str | None = None) -> Iterator[Row]:
    """The recipes of one file; those of one line keep their own names.

    Raises:
        Unreadable: it cannot be read at all.
    """
    format = format or format_of(file.path)
    if why := _fault_of_name(file.path.name, format, name):
        raise Unreadable(why)
    match format:
        case "yaml":
            yield from read_documents(file.path, file.root, name)
        case "card":
            yield from read_card(file.path, file.root, name)
        case "jsonl":
            yield from read_json_lines(file.path)
        case _ if not file.path.exists():
            raise Unreadable(f"{file.path} cannot be read: No such file or directory.")
        case _:
            raise Unreadable(
                f"{file.path.name}: its name does not say what it is. Give --format, one of "
                f"{', '.join(FORMATS)}."
            )


class Names:
    """Refuses a name that another file of the import has given to a recipe.

    Else recipes that have nothing in common would become versions of each other.
    """

    def __init__(self) -> None:
        self._files: dict[str, str] = {}

    def checked(self, file: str, row: Row) -> Row:
        """The row of a file, or its refusal."""
        if not isinstance(row, Found):
            return row
        other = self._files.setdefault(row.name, file)
        if other == file:
            return row
        reason = f"{other} has a recipe of this name: import this file alone, with --name"
        return Refused(row.line, row.name, "same-name", reason)


def format_of(path: Path) -> str | None:
    """The format that a file's name shows."""
    suffixes = [each.lower() for each in path.suffixes if each.lower() != ".gz"]
    return SUFFIXES.get(suffixes[-1]) if suffixes else None


def _fault_of_name(file: str, format: str | None, name: str | None) -> str | None:
    """Why a file cannot be read with the name that was given, or with none."""
    if format == "jsonl" and name is not None:
        return f"{file} names its recipes itself: omit --name."
    if format in ("yaml", "card") and name is None and file == STANDARD_INPUT:
        return "Standard input has no name: give --name."
    return None


def _is_wanted(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return not hidden and format_of(path) is not None and path.is_file()
