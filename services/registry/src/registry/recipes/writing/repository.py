"""The statements that store recipes and versions, each for any number of rows."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.together import Write
from registry.recipes.models import RecipeRow

_NEW = {"stars": 0, "comments": 0, "forks": 0, "reproductions": 0, "archived_at": None}
_ADD = text("""
INSERT INTO recipes (id, owner, visibility, unlisted, name, title, description, tags, domains,
  licence, newest)
SELECT id, owner, visibility, unlisted, name, title, description, tags, domains, licence, newest
FROM json_populate_recordset(CAST(NULL AS recipes), CAST(CAST(:rows AS text) AS json))
ON CONFLICT DO NOTHING
RETURNING id, number, created_at
""")
_FORMER = text("""
SELECT name FROM recipe_names WHERE owner = :owner AND name = ANY(CAST(:names AS text[]))
""")
_VERSIONS = """
INSERT INTO recipe_versions (id, recipe_id, number, digest, method, ingredients, source, canonical)
SELECT id, recipe_id, number, digest, method, ingredients, source, canonical
FROM json_populate_recordset(CAST(NULL AS recipe_versions), CAST(CAST(:versions AS text) AS json))
"""


async def add(
    session: AsyncSession, owner: str, wanted: Sequence[dict[str, Any]]
) -> list[RecipeRow]:
    """New recipes of one owner, without those whose names other recipes of it have, or had.

    The rows that it returns are not part of the session: what changes in them is not stored.
    """
    if not wanted:
        return []
    columns = {(id := uuid4()): {"id": str(id), "owner": owner, **each} for each in wanted}
    added = (await session.execute(_ADD, {"rows": _json(columns.values())})).all()
    rows = [
        RecipeRow(**columns[id] | {"id": id, "number": number, "created_at": created_at} | _NEW)
        for id, number, created_at in added
    ]
    former = await _former(session, owner, [row.name for row in rows]) if rows else set()
    if former:
        gone = [row.id for row in rows if row.name in former]
        await session.execute(delete(RecipeRow).where(RecipeRow.id.in_(gone)))
    return [row for row in rows if row.name not in former]


async def _former(session: AsyncSession, owner: str, names: Sequence[str]) -> set[str]:
    """Those of the names that other recipes had: all are seen once the names are taken."""
    return set(await session.scalars(_FORMER, {"owner": owner, "names": list(names)}))


def adding_versions(rows: Collection[dict[str, Any]]) -> Write:
    """The write that adds versions of recipes that are locked or new."""
    return Write(_VERSIONS, {"versions": _json(rows)})


def _json(rows: Collection[dict[str, Any]]) -> str:
    return json.dumps(list(rows), default=_text, ensure_ascii=False)


def _text(value: UUID) -> str:
    return str(value)
