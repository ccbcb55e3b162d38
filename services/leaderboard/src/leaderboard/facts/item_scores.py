"""Item scores as bytes, and their rows: right and wrong take one bit each.

Models that are measured on the same items share the list of their hashes, so that comparing two of
them needs no look at it.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from pydantic_core import to_json
from sqlalchemy import BigInteger, Select, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.facts.former import OldItemRow
from leaderboard.facts.items import FactItemsRow, ItemSetRow
from leaderboard.facts.statement import digest
from leaderboard.statistics.shared_items import ItemsOfSet, RightOrWrong

Scores = NDArray[np.float64]
BITS, NUMBERS = b"b", b"f"
AT_ONCE = 500
KEPT = 64
_kept: dict[UUID, tuple[str, ...]] = {}
"""The hashes of the sets of items that were used last, the newest last."""


class Packed(NamedTuple):
    """The item scores of one fact: the digest of the items, their hashes as a text, the scores."""

    digest: UUID
    hashes: str
    scores: bytes


def pack(items: Mapping[str, float]) -> Packed:
    """Some item scores, by hash."""
    hashes = sorted(items)
    text = to_json(hashes).decode()
    scores = np.fromiter(map(items.__getitem__, hashes), np.float64, len(hashes))
    return Packed(digest(text), text, pack_scores(scores))


def pack_hashes(text: str) -> bytes:
    """The bytes of the text of some hashes."""
    return zlib.compress(text.encode())


def pack_scores(scores: Scores) -> bytes:
    """The bytes of scores in a fixed order."""
    right = scores == 1
    if np.all(right | ((scores == 0) & ~np.signbit(scores))):
        kind, plain = BITS, np.packbits(right).tobytes()
    else:
        kind, plain = NUMBERS, scores.astype("<f8").tobytes()
    return kind + zlib.compress(plain, 9)


def unpack_hashes(hashes: bytes) -> tuple[str, ...]:
    """The hashes of a set, sorted."""
    return tuple(json.loads(zlib.decompress(hashes)))


def unpack_scores(hashes: Sequence[str], scores: bytes) -> ItemsOfSet:
    """The scores of the items of a set, by hash."""
    plain = zlib.decompress(scores[1:])
    if scores[:1] == BITS:
        return RightOrWrong(hashes, plain)
    return ItemsOfSet(hashes, np.frombuffer(plain, "<f8"))


async def keep(session: AsyncSession, of: Mapping[int, Mapping[str, float]]) -> None:
    """Store the item scores of some facts, by the fact's id."""
    packed = await asyncio.to_thread(_packed, of)
    if not packed:
        return
    sets = await _sets(session, packed.values())
    rows = [
        {"fact_id": fact, "item_set_id": sets[each.digest], "scores": each.scores}
        for fact, each in packed.items()
    ]
    for begin in range(0, len(rows), AT_ONCE):
        added = insert(FactItemsRow).values(rows[begin : begin + AT_ONCE])
        await session.execute(added.on_conflict_do_nothing())


def _packed(of: Mapping[int, Mapping[str, float]]) -> dict[int, Packed]:
    return {fact: pack(items) for fact, items in of.items() if items}


async def _sets(session: AsyncSession, packed: Collection[Packed]) -> dict[UUID, int]:
    """The ids of sets of items, by their digests."""
    hashes = {each.digest: each.hashes for each in packed}
    found = await _known_sets(session, hashes)
    missing = sorted(hashes.keys() - found.keys())
    for each in missing:
        added = insert(ItemSetRow).values(digest=each, hashes=pack_hashes(hashes[each]))
        await session.execute(added.on_conflict_do_nothing())
    return found | await _known_sets(session, missing) if missing else found


async def _known_sets(session: AsyncSession, digests: Collection[UUID]) -> dict[UUID, int]:
    query = select(ItemSetRow.digest, ItemSetRow.id).where(ItemSetRow.digest.in_(digests))
    return {row.digest: row.id for row in await session.execute(query)}


async def count(session: AsyncSession, fact: int) -> int:
    """How many item scores of a fact are kept."""
    return len((await read(session, [fact])).get(fact, {}))


async def read(session: AsyncSession, facts: Collection[int]) -> dict[int, Mapping[str, float]]:
    """The item scores of some facts by hash, without the facts that have none."""
    rows = (await session.execute(_scores(), {"facts": list(facts)})).all()
    sets = await _hashes(session, {row.digest for row in rows if row.digest is not None})
    found: dict[int, Mapping[str, float]] = {
        row.fact: unpack_scores(sets[row.digest], row.scores)
        for row in rows
        if row.digest is not None
    }
    if rows and rows[0].has_older:
        found |= await _old(session, [fact for fact in facts if fact not in found])
    return found


async def _hashes(session: AsyncSession, digests: Collection[UUID]) -> dict[UUID, tuple[str, ...]]:
    """The hashes of each set of items; a digest stands for the same ones forever."""
    found = {each: _kept[each] for each in digests if each in _kept}
    if missing := [each for each in digests if each not in found]:
        query = select(ItemSetRow.digest, ItemSetRow.hashes)
        for row in await session.execute(query.where(ItemSetRow.digest.in_(missing))):
            found[row.digest] = unpack_hashes(row.hashes)
    for each in found:
        _kept.pop(each, None)
    _kept.update(found)
    for each in list(_kept)[:-KEPT]:
        del _kept[each]
    return found


async def _old(session: AsyncSession, facts: Collection[int]) -> dict[int, dict[str, float]]:
    """What is still in the table of the release before."""
    found: dict[int, dict[str, float]] = {}
    if facts:
        rows = await session.execute(_old_scores(), {"facts": list(facts)})
        for fact, item, score in rows:
            found.setdefault(fact, {})[item] = score
    return found


@cache
def _scores() -> Select[int, bytes | None, UUID | None, bool]:
    """The item scores of each of `facts`, and whether the table of the release before has any.

    A statement that is made once costs a fraction of its sending.
    """
    facts = func.unnest(bindparam("facts", type_=ARRAY(BigInteger))).table_valued("fact")
    asked = facts.render_derived(name="asked")
    older = select(OldItemRow.result_id).limit(1).exists().label("has_older")
    query = select(asked.c.fact, FactItemsRow.scores, ItemSetRow.digest, older).select_from(asked)
    query = query.outerjoin(FactItemsRow, FactItemsRow.fact_id == asked.c.fact)
    return query.outerjoin(ItemSetRow, ItemSetRow.id == FactItemsRow.item_set_id)


@cache
def _old_scores() -> Select[int, str, float]:
    facts = bindparam("facts", type_=ARRAY(BigInteger))
    query = select(OldItemRow.result_id, OldItemRow.item, OldItemRow.score)
    return query.where(OldItemRow.result_id == func.any(facts))
