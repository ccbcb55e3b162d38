"""Models by any part of their names: what the index finds in memory, and the rows of the tables."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from lineage.memory.graph import Graph
from lineage.models import repository, schemas
from lineage.search.finding import Found, find, meant
from lineage.search.index import Index
from lineage.search.words import Query, plain
from mergehub.contracts.lineage_names import composed
from mergehub.kit.paging.pages import PageRequest

MOST = 1000
"""So many models are listed by parts of their names; a longer list helps no one."""
MOST_FORMER = 100


async def found(
    session: AsyncSession, graph: Graph, index: Index, text: str, asked: PageRequest
) -> schemas.ModelPage:
    """A page of the models whose names have all words of a text, best first. Raises BadCursor.

    If there are none, a word may have one mistake.
    """
    [begin] = asked.after(int) or (0,)
    end = min(max(begin, 0) + asked.limit, MOST)
    query = Query.of(composed(text))
    listed = await _find(session, graph, index, query, end + 1)
    if not listed:
        other = await asyncio.to_thread(meant, graph, index, query)
        listed = [] if other is None else await _find(session, graph, index, other, end + 1)
    more = end < min(len(listed), MOST)
    return schemas.ModelPage(
        items=await _rows(session, listed[max(begin, 0) : end]),
        next_cursor=asked.next_after(end) if more else None,
    )


async def _find(
    session: AsyncSession, graph: Graph, index: Index, query: Query, most: int
) -> Sequence[Found]:
    if not query.words:
        return []
    words = [word.decode(errors="replace") for word in query.words]
    rows = await repository.once_named_with(session, words, MOST_FORMER)
    former = [Found(row.number, plain(row.name.encode()), row.name) for row in rows]
    known = [each for each in former if each.model < graph.size]
    return await asyncio.to_thread(find, graph, index, query, known, most)


async def _rows(session: AsyncSession, listed: Sequence[Found]) -> list[schemas.ListedModel]:
    rows = await repository.numbered(session, [each.model for each in listed])
    return [
        schemas.ListedModel(
            **schemas.Model.model_validate(rows[each.model]).model_dump(),
            former_name=each.former,
        )
        for each in listed
        if each.model in rows
    ]
