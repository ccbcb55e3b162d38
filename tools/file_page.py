"""Writes the list of all source files, `docs/files.md`: `python -m tools.file_page --write`."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.one_page import run

PAGE = Path("docs/files.md")
ROOT = Path(__file__).parents[1]
PACKAGES = ("shared", "services/registry", "services/lineage", "services/leaderboard",
            "services/merge-worker")  # fmt: skip
LEFT_OUT = {"versions", "api", "types"}  # migrations, and what is generated
INTRODUCTION = """\
# Every source file

`make documents` writes this page from the files' docstrings. The map of the folders is
[the architecture](architecture.md).
"""


def page() -> str:
    """The page: a table of files for each folder."""
    return "\n".join([INTRODUCTION, *(line for name in PACKAGES for line in _package(name))])


def _package(name: str) -> Iterator[str]:
    source, head = ROOT / name / "src", ["", "| File | Holds |", "| --- | --- |"]
    for folder in sorted({path.parent for path in source.rglob("*.py")}):
        files = [path for path in sorted(folder.glob("*.py")) if path.name != "__init__.py"]
        if files and not LEFT_OUT & set(folder.relative_to(source).parts):
            yield from (f"## `{folder.relative_to(source)}`", *head)
            yield from (f"| `{path.name}` | {_summary(path)} |" for path in files)
            yield ""


def _summary(path: Path) -> str:
    """The first paragraph of a file's docstring, as it fits into a table."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(docstring.split("\n\n")[0].split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(run("tools.file_page", PAGE, page, None))
