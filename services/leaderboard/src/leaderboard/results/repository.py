"""Queries on results. They return columns, not entities."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import prod
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from leaderboard.benchmarks.models import MeasureRow
from leaderboard.facts.models import (
    FactRow,
    ModelRow,
    OriginRow,
    RestatementRow,
    SettingRow,
    Source,
    VariantRow,
    WithdrawalRow,
)
from leaderboard.results.newest import Parts, any_of, newest_of_parts, older_than
from mergehub.kit.database.database import AnyRow

MOST_PARTS = 300
FEW_VARIANTS = 200


class Wanted(NamedTuple):
    """Which results are listed; null takes all. Names are those that are stored."""

    model: str | None = None
    benchmarks: tuple[str, ...] = ()
    version: str | None = None
    source: int | None = None
    precision: str | None = None
    run: UUID | None = None
    origin: str | None = None
    history: bool = False


@cache
def _is_current() -> ColumnElement[bool]:
    """Whether it is the newest that counts of the same thing: one look into an index."""
    other = aliased(FactRow)
    same = [
        other.variant_id == FactRow.variant_id,
        other.setting_id == FactRow.setting_id,
        other.source == FactRow.source,
        other.withdrawal_id.is_(None),
    ]
    newest = select(other.id).where(*same).order_by(*_newest_first(other)).limit(1)
    same_row = FactRow.id == newest.correlate(FactRow).scalar_subquery()
    return func.coalesce(same_row, false())


def _newest_first(row: Any) -> tuple[ColumnElement[Any], ...]:
    return row.evaluated_at.desc().nulls_last(), row.id.desc()


@cache
def described() -> Select[*tuple[Any, ...]]:
    """Facts, with what their ids stand for.

    It is made once: that takes longer than its sending, and leaves objects in cycles, which Python
    finds later, a hundred thousand at a time.
    """
    own = (column for column in FactRow.__table__.columns if not column.name.endswith("_id"))
    return (
        select(
            *own,
            _is_current().label("current"),
            ModelRow.name.label("model"),
            VariantRow.revision,
            VariantRow.precision,
            MeasureRow.name.label("benchmark"),
            MeasureRow.version,
            MeasureRow.subtask,
            MeasureRow.metric,
            MeasureRow.items,
            SettingRow.shots,
            SettingRow.chat_template,
            SettingRow.task_hash,
            OriginRow.origin,
            OriginRow.account,
            OriginRow.harness,
            OriginRow.harness_version,
            WithdrawalRow.id.label("withdrawal"),
            WithdrawalRow.reason,
            WithdrawalRow.withdrawn_by,
            WithdrawalRow.withdrawn_at,
        )
        .join(VariantRow, VariantRow.id == FactRow.variant_id)
        .join(ModelRow, ModelRow.id == VariantRow.model_id)
        .join(SettingRow, SettingRow.id == FactRow.setting_id)
        .join(MeasureRow, MeasureRow.id == SettingRow.measure_id)
        .join(OriginRow, OriginRow.id == FactRow.origin_id)
        .outerjoin(WithdrawalRow, WithdrawalRow.id == FactRow.withdrawal_id)
    )


@cache
def _described_some() -> Select[*tuple[Any, ...]]:
    return described().where(FactRow.id == any_of("results"))


async def page(
    session: AsyncSession, wanted: Wanted, before: int | None, limit: int
) -> Sequence[AnyRow]:
    """At most `limit` results, newest first, of lower ids than `before`."""
    asked = await conditions(session, wanted)
    parts = await _parts(session, wanted)
    if parts is not None:
        few = wanted.precision is not None
        found = await newest_of_parts(session, parts, asked, before, limit, few=few)
    else:
        query = select(FactRow.id).where(*asked, *older_than(before))
        newest = query.order_by(FactRow.id.desc()).limit(limit)
        found = list(await session.scalars(newest))
    return await described_of(session, found)


async def _parts(session: AsyncSession, wanted: Wanted) -> Parts | None:
    """The parts by which facts are best read; null if by none."""
    if wanted.model is not None or wanted.run is not None:
        return None  # few facts
    if wanted.precision is not None and await _few_variants(session, wanted.precision) is not None:
        return None
    parts: dict[str, Sequence[int]] = {}
    if wanted.origin is not None:
        parts["origin_id"] = await _origins(session, wanted)
    if wanted.benchmarks or wanted.version is not None:
        parts["setting_id"] = await _settings(session, wanted)
        if wanted.origin is None:
            parts["source"] = list(Source) if wanted.source is None else [wanted.source]
    return parts if parts and prod(map(len, parts.values())) <= MOST_PARTS else None


async def described_of(session: AsyncSession, results: Sequence[int]) -> Sequence[AnyRow]:
    """The results of some ids, in their order."""
    rows = await session.execute(_described_some(), {"results": list(results)})
    by_id = {row.id: row for row in rows}
    return [by_id[each] for each in results]


async def one(session: AsyncSession, result: int) -> AnyRow | None:
    """The result of an id."""
    return (await session.execute(described().where(FactRow.id == result))).one_or_none()


async def conditions(session: AsyncSession, wanted: Wanted) -> list[ColumnElement[bool]]:
    """The filter by ids, so that the indexes of facts serve it."""
    conditions = [] if wanted.history else [_is_current()]
    if wanted.run is not None:
        conditions.append(FactRow.run == wanted.run)
    if wanted.source is not None:
        conditions.append(FactRow.source == wanted.source)
    if wanted.origin is not None:
        conditions.append(FactRow.origin_id.in_(await _origins(session, wanted)))
    if wanted.model is not None:
        of = select(VariantRow.id).join(ModelRow, ModelRow.id == VariantRow.model_id)
        of = of.where(ModelRow.name == wanted.model)
        conditions.append(FactRow.variant_id.in_((await session.scalars(of)).all()))
    if wanted.precision is not None:
        conditions.append(await _in_precision(session, wanted.precision))
    if wanted.benchmarks or wanted.version is not None:
        conditions.append(FactRow.setting_id.in_(await _settings(session, wanted)))
    return conditions


async def _in_precision(session: AsyncSession, precision: str) -> ColumnElement[bool]:
    """Few variants are named; for many, each fact is asked for its own."""
    if (few := await _few_variants(session, precision)) is not None:
        return FactRow.variant_id.in_(few)
    own = select(VariantRow.precision).where(VariantRow.id == FactRow.variant_id)
    return own.correlate(FactRow).scalar_subquery() == precision


async def _few_variants(session: AsyncSession, precision: str) -> Sequence[int] | None:
    """The variants of a precision; null if they are many."""
    some = select(VariantRow.id).where(VariantRow.precision == precision).limit(FEW_VARIANTS + 1)
    ids = (await session.scalars(some)).all()
    return ids if len(ids) <= FEW_VARIANTS else None


async def _origins(session: AsyncSession, wanted: Wanted) -> Sequence[int]:
    query = select(OriginRow.id).where(OriginRow.origin == wanted.origin)
    if wanted.source is not None:
        query = query.where(OriginRow.source == wanted.source)
    return (await session.scalars(query)).all()


async def _settings(session: AsyncSession, wanted: Wanted) -> Sequence[int]:
    query = select(SettingRow.id).join(MeasureRow, MeasureRow.id == SettingRow.measure_id)
    if wanted.benchmarks:
        query = query.where(MeasureRow.name.in_(wanted.benchmarks))
    if wanted.version is not None:
        query = query.where(MeasureRow.version == wanted.version)
    return (await session.scalars(query)).all()


async def other_origins(session: AsyncSession, result: int) -> Sequence[str]:
    """Where else the same fact is stated."""
    query = (
        select(OriginRow.origin)
        .join(RestatementRow, RestatementRow.origin_id == OriginRow.id)
        .where(RestatementRow.fact_id == result)
        .order_by(OriginRow.origin)
        .limit(100)
    )
    return (await session.scalars(query)).all()
