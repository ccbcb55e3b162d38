"""What readers yield: rows of an import, and what was refused, is doubtful or was assumed."""

from __future__ import annotations

from collections.abc import Mapping as Fields
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import ValidationError

from mergehub.contracts.results import LONGEST_PLACE, ResultRow
from mergehub.lineage_files.rows import Unreadable
from mergehub.recipe.faults import pointer
from mergehub.result_files.mapping import Mapping, in_words
from mergehub.result_files.naming import metric_name

__all__ = [
    "Batch", "Doubtful", "Noted", "Refused", "Said", "Unreadable", "place_of", "row_of", "within",
]  # fmt: skip

LONGEST_SHOWN = 80
LONGEST_POINTER = 300


@dataclass(frozen=True, slots=True)
class Refused:
    """A score, or a whole line, that is not imported, and why.

    `place`: from `within`, or as in `ResultRow`.
    """

    line: int | None
    why: str
    model: str = ""
    benchmark: str = ""
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Something odd about a row, which is imported unless the reason says otherwise."""

    line: int | None
    why: str
    model: str = ""
    benchmark: str = ""
    place: str | None = None


class Noted(NamedTuple):
    """What a reader assumed about the whole file."""

    text: str


Said = ResultRow | Refused | Doubtful | Noted


@dataclass
class Batch:
    """At most 10,000 rows of one file, and what else its reader said of the lines between.

    `mapping` is the one that was guessed for a table, in the first batch of its file.
    """

    file: str
    format: str
    rows: list[ResultRow] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    doubtful: list[Doubtful] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    mapping: Mapping | None = None

    def __bool__(self) -> bool:
        """Whether anything is in it."""
        said = (self.rows, self.refused, self.doubtful, self.notes, self.mapping)
        return any(bool(each) for each in said)


def row_of(fields: Fields[str, Any]) -> ResultRow | Refused:
    """The row of these fields, without those that are None, or why they make none."""
    told = {name: value for name, value in fields.items() if value is not None}
    if isinstance(told.get("metric"), str):
        told["metric"] = metric_name(told["metric"])
    try:
        return ResultRow.model_validate(told)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(map(str, fault["loc"]))
        return Refused(
            told.get("line"),
            f"{where}: {_lowered(in_words(fault))}",
            shown(told.get("model", "")),
            shown(told.get("benchmark", "")),
            told.get("place"),
        )


def within(*path: str | int) -> str:
    """The place of a value in a document of JSON: a pointer after `#`."""
    return f"#{pointer(path)}"[:LONGEST_POINTER]


def place_of(said: ResultRow | Refused | Doubtful, file: str) -> str:
    """Where something is: the file, then a line, or a pointer into its document."""
    inner = said.place or ""
    document = inner and said.line == 1
    line = f":{said.line}" if said.line and not document else ""
    return f"{file[: LONGEST_PLACE - LONGEST_POINTER - 20]}{line}{inner}"


def shown(value: Any) -> str:
    """A value of a stranger's file in a message: short, and on one line."""
    text = " ".join(str(value).split())
    if text.isascii() and text.isprintable() and len(text) <= LONGEST_SHOWN:
        return text
    text = "".join(each if each.isprintable() else "�" for each in text)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
