"""The statements that store recipes and versions, each for any number of rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID, uuid4

from pydantic_core import to_json
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.constant import Constant
from mergehub.kit.database.together import Write, together
from registry.recipes.models import RecipeRow

_ADD = """
INSERT INTO recipes (id, owner, visibility, unlisted, name, title, description, tags, domains,
  licence, newest)
SELECT id, owner, visibility, unlisted, name, title, description, tags, domains, licence, newest
FROM json_populate_recordset(CAST(NULL AS recipes), CAST(CAST(:recipes AS text) AS json))
{unless} ON CONFLICT DO NOTHING
RETURNING id, number
"""
_UNLESS_FORMER = """
WHERE NOT EXISTS (
  SELECT FROM recipe_names AS former WHERE former.owner = :owner AND former.name = :name
)
"""
# A name that was given up while the statement waited for it is only seen after that.
_NUMBER = "(SELECT number FROM added WHERE refuse_former_name(:owner, :name, id))"
_NUMBERS = "(SELECT json_object_agg(id, number) FROM added)"
_FORMER = Constant("""
SELECT name FROM recipe_names WHERE owner = :owner AND name = ANY(CAST(:names AS text[]))
""")
_VERSIONS = """
INSERT INTO recipe_versions (id, recipe_id, number, digest, method, ingredients, source, canonical)
SELECT id, recipe_id, number, digest, method, ingredients, source, canonical
FROM json_populate_recordset(CAST(NULL AS recipe_versions), CAST(CAST(:versions AS text) AS json))
"""
_OF = "WHERE recipe_id IN (SELECT id FROM {})"


def adding(columns: dict[str, Any], unless: str, values: Mapping[str, Any]) -> Write:
    """The write that adds a recipe, unless another one of its owner has its name, or had it.

    It answers with the number of the recipe. `unless`: further conditions, with their `values`. A
    name that another transaction gives up meanwhile raises IntegrityError.
    """
    named = {"owner": columns["owner"], "name": columns["name"]}
    sql = _ADD.format(unless=_UNLESS_FORMER + unless)
    return Write("added", sql, {"recipes": _json([columns]), **named, **values}, answer=_NUMBER)


@dataclass
class Added:
    """What is needed of a new recipe: to make a `RecipeRow` takes longer than to store it."""

    id: UUID
    owner: str
    name: str
    private_to: str | None
    newest: int = 0
    archived_at: None = None

    @classmethod
    def of(cls, columns: dict[str, Any]) -> Self:
        """The recipe of a row with these columns."""
        private = columns["owner"] if columns["visibility"] == "private" else None
        return cls(columns["id"], columns["owner"], columns["name"], private)


async def add(session: AsyncSession, owner: str, wanted: Sequence[dict[str, Any]]) -> list[Added]:
    """New recipes of one owner, without those whose names other recipes of it have, or had."""
    if not wanted:
        return []
    columns = [{"id": uuid4(), "owner": owner, **each} for each in wanted]
    write = Write("added", _ADD.format(unless=""), {"recipes": _json(columns)}, answer=_NUMBERS)
    numbers = (await together(session, write)).added or {}
    rows = [Added.of(each) for each in columns if str(each["id"]) in numbers]
    taken = await former(session, owner, [row.name for row in rows])
    if taken:
        gone = [row.id for row in rows if row.name in taken]
        await session.execute(delete(RecipeRow).where(RecipeRow.id.in_(gone)))
    return [row for row in rows if row.name not in taken]


async def former(session: AsyncSession, owner: str, names: Sequence[str]) -> set[str]:
    """Those of the names that other recipes had: all are seen once the names are taken."""
    found = await _FORMER(session, {"owner": owner, "names": list(names)})
    return {row.name for row in found}


def adding_versions(rows: Collection[dict[str, Any]], of: Write | None = None) -> Write:
    """The write that adds versions of recipes that are locked or new.

    `of` is the write that adds the recipes together with it: of one that it does not add, there
    are no versions.
    """
    return Write(
        "versions", _VERSIONS + (_OF.format(of.name) if of else ""), {"versions": _json(rows)}
    )


def _json(rows: Collection[dict[str, Any]]) -> str:
    return to_json(list(rows)).decode()
