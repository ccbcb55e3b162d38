"""Versions as JSON Lines, which `mergehub import` reads."""

from __future__ import annotations

import json

from registry.recipes.exports.records import Record

_ESCAPED = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}
"""Programs that split a file at every end of a line that Unicode knows would cut these lines."""


def write(record: Record) -> str:
    """One line with the recipe, what is said of it, and the place in an export."""
    recipe, version, origin = record.recipe, record.version, record.origin
    row = {
        "owner": recipe.owner,
        "name": recipe.name,
        "title": recipe.title,
        "description": recipe.description,
        "tags": recipe.tags,
        "domains": recipe.domains,
        "licence": recipe.licence,
        "forked_from": origin and f"{origin[0].owner}/{origin[0].name}@{origin[1].number}",
        "number": version.number,
        "digest": version.digest,
        "created_at": version.created_at.isoformat(),
        "recipe": version.source,
        "at": place(record),
    }
    return json.dumps(row, ensure_ascii=False).translate(_ESCAPED) + "\n"


def place(record: Record) -> str:
    """The place of a version, after which an export can go on."""
    return f"{record.recipe.id}@{record.version.number}"
