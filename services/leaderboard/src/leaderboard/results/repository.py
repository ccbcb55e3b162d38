"""Queries on results. They return columns, not entities."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from leaderboard.benchmarks.models import MeasureRow
from leaderboard.facts.models import (
    FactRow,
    ModelRow,
    OriginRow,
    SettingRow,
    VariantRow,
    WithdrawalRow,
)
from mergehub.kit.database.database import AnyRow

_NEVER = func.to_timestamp(float("-inf"))


class Wanted(NamedTuple):
    """Which results are listed; null takes all. `model` and `benchmark` are names as stored."""

    model: str | None = None
    benchmark: str | None = None
    version: str | None = None
    source: int | None = None
    precision: str | None = None
    run: UUID | None = None
    history: bool = False


def _age(row: Any) -> ColumnElement[Any]:
    """What grows from older to newer scores of the same thing."""
    return tuple_(func.coalesce(row.evaluated_at, _NEVER), row.id)


def _is_current() -> ColumnElement[bool]:
    newer = aliased(FactRow)
    same = [
        newer.variant_id == FactRow.variant_id,
        newer.setting_id == FactRow.setting_id,
        newer.source == FactRow.source,
        newer.withdrawal_id.is_(None),
    ]
    return FactRow.withdrawal_id.is_(None) & ~exists().where(*same, _age(newer) > _age(FactRow))


def described() -> Select[*tuple[Any, ...]]:
    """Facts, with what their ids stand for."""
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


async def page(
    session: AsyncSession, wanted: Wanted, before: int | None, limit: int
) -> Sequence[AnyRow]:
    """At most `limit` results, newest first, of lower ids than `before`."""
    query = described().where(*await _conditions(session, wanted))
    if before is not None:
        query = query.where(FactRow.id < before)
    return (await session.execute(query.order_by(FactRow.id.desc()).limit(limit))).all()


async def one(session: AsyncSession, result: int) -> AnyRow | None:
    """The result of an id."""
    return (await session.execute(described().where(FactRow.id == result))).one_or_none()


async def _conditions(session: AsyncSession, wanted: Wanted) -> list[ColumnElement[bool]]:
    """The filter by ids, so that the indexes of facts serve it."""
    conditions = [] if wanted.history else [_is_current()]
    if wanted.run is not None:
        conditions.append(FactRow.run == wanted.run)
    if wanted.source is not None:
        conditions.append(FactRow.source == wanted.source)
    if wanted.model is not None:
        of_model = select(VariantRow.id).join(ModelRow, ModelRow.id == VariantRow.model_id)
        found = await session.scalars(of_model.where(ModelRow.name == wanted.model))
        conditions.append(FactRow.variant_id.in_(found.all()))
    if wanted.precision is not None:
        conditions.append(VariantRow.precision == wanted.precision)
    if wanted.benchmark is not None or wanted.version is not None:
        conditions.append(FactRow.setting_id.in_(await _settings(session, wanted)))
    return conditions


async def _settings(session: AsyncSession, wanted: Wanted) -> Sequence[int]:
    query = select(SettingRow.id).join(MeasureRow, MeasureRow.id == SettingRow.measure_id)
    if wanted.benchmark is not None:
        query = query.where(MeasureRow.name == wanted.benchmark)
    if wanted.version is not None:
        query = query.where(MeasureRow.version == wanted.version)
    return (await session.scalars(query)).all()


async def newest_full(
    session: AsyncSession, models: Collection[str] | None = None
) -> Sequence[AnyRow]:
    """Each model's best full result per setting; all models if `models` is None."""
    key = (ModelRow.name, SettingRow.id)
    ranking = [
        _is_current(),
        ~FactRow.limited,
        MeasureRow.subtask == "",
        SettingRow.shots.is_not(None),
        FactRow.count.is_not(None),
    ]
    order = (FactRow.source, FactRow.evaluated_at.desc().nulls_last(), FactRow.id.desc())
    query = described().where(*ranking).ext(distinct_on(*key)).order_by(*key, *order)
    if models is not None:
        query = query.where(func.lower(ModelRow.name).in_([name.lower() for name in models]))
    return (await session.execute(query)).all()
