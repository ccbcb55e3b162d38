"""Reads any file with lineage, by its name and its first characters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from .cards.adapters import FILE as ADAPTER
from .cards.adapters import read_adapter
from .cards.cards import read_card
from .cards.naming import folder_name
from .cards.recipes import read_recipe
from .graphs.xml_graphs import read_graph
from .rows import Edge, Facts, Row, Skipped, Unreadable
from .tables.csv_edges import read_csv
from .tables.json_lines import read_json
from .text import lines

EDGE_LIST = "edge-list"
CSV, JSON, GRAPH, CARD, RECIPE = FORMATS = ("csv", "json", "graph", "card", "recipe")
SUFFIXES = {
    ".csv": CSV, ".tsv": CSV, ".tab": CSV,
    ".json": JSON, ".jsonl": JSON, ".ndjson": JSON, ".jsonlines": JSON, ".cyjs": JSON,
    ".graphml": GRAPH, ".gexf": GRAPH,
    ".md": CARD, ".markdown": CARD,
    ".yml": RECIPE, ".yaml": RECIPE,
}  # fmt: skip
_BEGINS = {"{": JSON, "[": JSON, "<": GRAPH}
IN_FOLDERS = frozenset(SUFFIXES) - {".yml", ".yaml"}
RECIPES = frozenset(
    f"{stem}.{suffix}"
    for stem in ("mergekit_config", "mergekit_moe_config")
    for suffix in ("yml", "yaml")
)
"""The recipes that mergekit leaves beside a merge; their folder names it."""
OF_MODELS = frozenset({
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
    "special_tokens_map.json", "added_tokens.json", "vocab.json", "preprocessor_config.json",
    "processor_config.json", "trainer_state.json", "chat_template.json", "modules.json",
    "config_sentence_transformers.json", "quantize_config.json", "quant_config.json",
})  # fmt: skip
"""Files beside a model's weights that say nothing of its parents."""
STANDARD_INPUT = "standard input"
"""What the file is called that holds standard input; this is no model's name."""
MOST_FILES = 1_000_000
MOST_IN_VAIN = 100_000
"""How many rows may be skipped before the first edge; the file is another thing then."""


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
        Unreadable: it cannot be read at all, or very many rows at its beginning are none.
    """
    in_vain, found = 0, False
    for row in _rows(file, how):
        yield row
        found = found or isinstance(row, Edge | Facts)
        if found or not isinstance(row, Skipped):
            continue
        in_vain += 1
        if in_vain == MOST_IN_VAIN:
            raise Unreadable(
                f"The first {MOST_IN_VAIN} rows of {file.path.name} are no edges, and the rest is "
                f"not read. The last of them is on line {row.line}: {row.reason}."
            )
    if not found and not in_vain:
        yield Skipped(None, "", "", "the file holds no edges and no models", "empty")


def _rows(file: File, how: How) -> Iterator[Row]:
    if how.format is None and file.path.name == ADAPTER:
        yield from read_adapter(file.path, how.name, file.root)
        return
    format_ = how.format or format_of(file.path)
    if why := _fault_of_name(file.path.name, format_, how.name):
        raise Unreadable(why)
    match format_:
        case "csv":
            yield from read_csv(file.path, how.columns)
        case "json":
            yield from read_json(file.path, how.columns)
        case "graph":
            yield from read_graph(file.path)
        case "card":
            yield from read_card(file.path, how.name, file.root)
        case _:
            yield from read_recipe(file.path, how.name or folder_name(file.path, file.root))


def _fault_of_name(file: str, format_: str, name: str | None) -> str | None:
    """Why a file cannot be read with the name that was given, or with none."""
    if name is not None and format_ not in (CARD, RECIPE):
        return f"{file} is neither a card nor a recipe, and names its models itself: omit --name."
    nameless = file == STANDARD_INPUT or (format_ == RECIPE and file not in RECIPES)
    if name is None and format_ in (CARD, RECIPE) and nameless:
        return f"{file} is a {format_}: give its model's name with --name."
    return None


def format_of(path: Path) -> str:
    """The format that a file's name or its first line shows."""
    suffixes = [each.lower() for each in path.suffixes if each.lower() != ".gz"]
    if suffixes and suffixes[-1] in SUFFIXES:
        return SUFFIXES[suffixes[-1]]
    for line in lines(path):
        if isinstance(line, Skipped):
            break
        if text := line[1].strip():
            return CARD if text == "---" else _BEGINS.get(text[0], CSV)
    return CSV


def _is_wanted(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    suffixes = {each.lower() for each in path.suffixes[-2:]}
    of_model = path.name in OF_MODELS or path.name.endswith(".index.json")
    known = path.name in RECIPES or (bool(suffixes & IN_FOLDERS) and not of_model)
    return not hidden and known and path.is_file()
