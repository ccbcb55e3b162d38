"""The statements that store recipes and versions, each for any number of rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from pydantic_core import to_json
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.constant import Constant
from mergehub.kit.database.together import Write, Written, together
from mergehub.kit.settings.sign_in import QuotaName
from registry.recipes.models import RecipeRow

_NEW = {"stars": 0, "comments": 0, "forks": 0, "reproductions": 0, "archived_at": None}
_ADD = """
INSERT INTO recipes (id, owner, visibility, unlisted, name, title, description, tags, domains,
  licence, newest)
SELECT id, owner, visibility, unlisted, name, title, description, tags, domains, licence, newest
FROM json_populate_recordset(CAST(NULL AS recipes), CAST(CAST(:recipes AS text) AS json))
{unless} ON CONFLICT DO NOTHING
RETURNING id, number
"""
_UNLESS_LIMITED = """
WHERE NOT EXISTS (SELECT FROM quotas WHERE account = :limited AND quotas.name = :quota)
"""
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


class Adding:
    """New recipes of one owner: `write` leaves out those whose names other recipes of it have.

    It adds nothing if the owner has a `quota` of its own by that name. Their rows are not part of a
    session: what changes in them is not stored.
    """

    def __init__(
        self, owner: str, wanted: Sequence[dict[str, Any]], quota: QuotaName | None = None
    ) -> None:
        self.rows = [RecipeRow(id=uuid4(), owner=owner, **each, **_NEW) for each in wanted]
        columns = [
            {"id": row.id, "owner": owner, **each}
            for row, each in zip(self.rows, wanted, strict=True)
        ]
        values = {"recipes": _json(columns)}
        if quota is not None:
            values |= {"limited": owner, "quota": quota}
        sql = _ADD.format(unless=_UNLESS_LIMITED if quota is not None else "")
        self.write = Write("added", sql, values, answer=_NUMBERS)

    def added(self, written: Written) -> list[RecipeRow]:
        """Those that were added, with their numbers."""
        numbers: dict[str, int] = written.added or {}
        for row in self.rows:
            row.number, row.created_at = numbers.get(str(row.id), 0), written.now
        return [row for row in self.rows if row.number]


@dataclass
class Added:
    """What an import needs of a new recipe: to make a `RecipeRow` takes longer than to store it."""

    id: UUID
    owner: str
    name: str
    private_to: str | None
    newest: int = 0
    archived_at: None = None


async def add(session: AsyncSession, owner: str, wanted: Sequence[dict[str, Any]]) -> list[Added]:
    """New recipes of one owner, without those whose names other recipes of it have, or had."""
    if not wanted:
        return []
    columns = [{"id": uuid4(), "owner": owner, **each} for each in wanted]
    write = Write("added", _ADD.format(unless=""), {"recipes": _json(columns)}, answer=_NUMBERS)
    numbers = (await together(session, write)).added or {}
    rows = [_added(each) for each in columns if str(each["id"]) in numbers]
    taken = await former(session, owner, [row.name for row in rows])
    if taken:
        gone = [row.id for row in rows if row.name in taken]
        await session.execute(delete(RecipeRow).where(RecipeRow.id.in_(gone)))
    return [row for row in rows if row.name not in taken]


def _added(columns: dict[str, Any]) -> Added:
    private = columns["owner"] if columns["visibility"] == "private" else None
    return Added(columns["id"], columns["owner"], columns["name"], private)


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
