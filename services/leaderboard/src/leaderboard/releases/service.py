"""The rules of releases."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.boards.current import Boards, Kept
from leaderboard.boards.service import Named
from leaderboard.memory.facts import Facts
from leaderboard.releases import citing, repository
from leaderboard.releases.content import ROWS, Content, content_of, lines_of
from leaderboard.releases.models import ReleaseRow
from mergehub.kit.paging.pages import PageRequest
from mergehub.kit.problems.problem import Conflict, NotFound
from mergehub.kit.request_clock import unhurried

MOST = 50
"""Releases of a board that people made."""


class ReleaseNotFound(NotFound):
    """The board has no release of this number."""

    code, title = "release-not-found", "Release not found"
    remedy = "Choose a release that `GET /v1/boards/{board}/releases` lists."


class NothingToRelease(Conflict):
    """No model has a score on this board yet."""

    code, title = "nothing-to-release", "The board is empty"
    remedy = "Release it when models have results on it."


class TooManyReleases(Conflict):
    """A board that people made may have so many releases and no more."""

    code, title = "too-many-releases", "The board has as many releases as it may"
    remedy = "Cite a release that is there, or make another board."


async def made(boards: Boards, facts: Facts, named: Named) -> tuple[Content, int]:
    """The content of a board as it is now, and the state that it is of. Raises NothingToRelease."""

    def make() -> tuple[Content, int]:
        kept: Kept = boards.ranked(facts, named.rules)
        if not len(kept.board):
            raise NothingToRelease(f"The board {named.name} has no rows.")
        return content_of(named, kept), kept.board.facts.as_of

    with unhurried():  # the ranks of a large board take seconds, and more on a busy machine
        return await asyncio.to_thread(make)


async def release(
    session: AsyncSession, named: Named, content: Content, as_of: int
) -> tuple[ReleaseRow, bool]:
    """The release with this content, and whether it is new: the last one may have the same."""
    await repository.lock(session, named.name)
    last = await repository.newest(session, named.name)
    if last is not None and last.digest == content.digest:
        return last, False
    if named.owner is not None and last is not None and last.number >= MOST:
        raise TooManyReleases(f"The board {named.name} has {MOST} releases.")
    row = ReleaseRow(
        board=named.name,
        number=1 if last is None else last.number + 1,
        created_at=datetime.now(UTC),
        as_of=as_of,
        digest=content.digest,
        models=content.models,
        content=content.head,
    )
    await repository.add(session, row, content.parts)
    return row, True


async def get(session: AsyncSession, board: str, number: int) -> ReleaseRow:
    """A release. Raises ReleaseNotFound."""
    row = await repository.get(session, board, number)
    if row is None:
        raise ReleaseNotFound(f"The board {board!r} has no release {number}.")
    return row


async def rows(session: AsyncSession, release: ReleaseRow, paging: PageRequest) -> str:
    """A page of a release's rows, as JSON. Raises BadCursor."""
    after = paging.after(int)
    begin = after[0] if after else 0
    first, last = begin // ROWS, (begin + paging.limit) // ROWS
    parts = await repository.parts(session, release.board, release.number, first, last)
    lines = [line for part in parts for line in lines_of(part)][begin - first * ROWS :]
    end = begin + paging.limit
    cursor = paging.next_after(end) if end < release.models else None
    items = ",".join(lines[: paging.limit])
    return f'{{"items":[{items}],"next_cursor":{json.dumps(cursor)}}}'


def told(row: ReleaseRow, address: str) -> dict[str, Any]:
    """The fields of `schemas.ReleaseDetail`."""
    content = json.loads(row.content)
    title = content["board"]["title"]
    url = f"{address}/v1/boards/{row.board}/releases/{row.number}"
    cited = (title, row.number, row.created_at, url, row.digest)
    return {
        "board": row.board,
        "number": row.number,
        "title": title,
        "created_at": row.created_at,
        "as_of": row.as_of,
        "digest": row.digest,
        "models": row.models,
        "citation": {"text": citing.text(*cited), "bibtex": citing.bibtex(row.board, *cited)},
        "url": url,
        "content": content,
    }
