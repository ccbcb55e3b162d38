"""Recipes as JSON Lines, as a hub exports them: a version in each line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mergehub.lineage_files.rows import Skipped
from mergehub.lineage_files.text import lines
from mergehub.recipe import RecipeError, parse_recipe, recipe_digest

from .rows import Found, Refused, Row

TAKEN = ("title", "description", "tags", "domains", "licence")
LEFT = frozenset({"owner", "number", "digest", "created_at", "forked_from", "at"})
"""What an export says beside, and an import finds out anew."""


def read_json_lines(path: Path) -> Iterator[Row]:
    """The recipes of an export, or of a file like it.

    Raises:
        Unreadable: there is no such file, or its compression is broken.
    """
    for line in lines(path):
        if isinstance(line, Skipped):
            yield Refused(line.line or 0, "", "too-long", line.reason)
        else:
            yield _row(*line)


def _row(number: int, text: str) -> Row:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        reason = f"the line is not JSON at character {error.pos + 1}: {error.msg}"
        return Refused(number, "", "malformed", reason)
    except (ValueError, RecursionError) as error:
        return Refused(number, "", "malformed", f"the line is not JSON: {error}")
    if not isinstance(data, dict):
        return Refused(number, "", "malformed", "the line is not a JSON object")
    name, recipe = data.pop("name", None), data.pop("recipe", None)
    if not isinstance(name, str) or not isinstance(recipe, str):
        reason = "the line lacks the fields `name` and `recipe`, or they are not text"
        return Refused(number, str(name or ""), "malformed", reason)
    if strange := sorted(data.keys() - {*TAKEN, *LEFT}):
        reason = f"unknown field {strange[0]!r}; known are name, recipe, {', '.join(TAKEN)}"
        return Refused(number, name, "unknown-field", reason)
    if why := _differs(recipe, data.get("digest")):
        return Refused(number, name, "other-digest", why)
    about = {field: data[field] for field in TAKEN if data.get(field) is not None}
    return Found(number, name, recipe, about, one_line=True)


def _differs(recipe: str, digest: Any) -> str | None:
    """Why a recipe is not the one that its line names; None if it is, or if it has faults."""
    if digest is None:
        return None
    try:
        found = recipe_digest(parse_recipe(recipe))
    except RecipeError:
        return None
    if found == digest:
        return None
    return f"the recipe has the digest {found}, and the line says {digest!r}: one was changed"
