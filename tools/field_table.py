"""Writes the table of fields into `docs/searching.md`: `python -m tools.field_table --write`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from registry.search.language.fields import FIELDS, Field
from tools.one_page import run

PAGE = Path("docs/searching.md")
BEGIN, END = "<!-- fields: make documents writes this table -->", "<!-- end of fields -->"
HEAD = ("| Field | Meaning | Example |", "| --- | --- | --- |")


def page() -> str:
    """The page with the present table."""
    table = "\n".join([BEGIN, *HEAD, *map(_row, FIELDS), END])
    text = PAGE.read_text(encoding="utf-8")
    return re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: table, text, flags=re.DOTALL)


def _row(field: Field) -> str:
    name = ", ".join(f"`{each}`" for each in (field.name, *field.aliases))
    named = ", ".join(f"`{each}`" for each in field.choices)
    choices = f" One of {named}." if named else ""
    return f"| {name} | {field.meaning}{choices} | `{field.example}` |"


if __name__ == "__main__":
    sys.exit(run("tools.field_table", PAGE, page, None))
