"""Which models the rules of retention let go: those of the hub, and those of their owners."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Uuid,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.settings.retention import Retention
from registry.artifacts.collecting.models import RetentionRow
from registry.recipes.models import RecipeRow, VersionRow
from registry.runs.models import RunRow
from registry.stored.models import ArtifactRow

FRESH = timedelta(days=1)
"""How long after its run a model stays, whatever the rules say."""

_VERSION = cast(RunRow.spec["recipe_version"].astext, Uuid)
_PLACE = func.row_number().over(
    partition_by=(ArtifactRow.owner, func.lower(RunRow.model_name)),
    order_by=(ArtifactRow.created_at.desc(), ArtifactRow.run_id.desc()),
)


def _recipe(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the run merged a version of a recipe that meets the conditions."""
    own = VersionRow.id == _VERSION, RecipeRow.id == VersionRow.recipe_id
    return exists().where(*own, *conditions).correlate(RunRow)


_STORED = (
    select(
        ArtifactRow.run_id,
        ArtifactRow.owner,
        ArtifactRow.size,
        ArtifactRow.created_at,
        ArtifactRow.pinned,
        RunRow.model_name,
        _PLACE.label("place"),
        _recipe(RecipeRow.stars > 0).label("starred"),
        _recipe(RecipeRow.visibility == "public").label("published"),
    )
    .join(RunRow, RunRow.id == ArtifactRow.run_id)
    .where(ArtifactRow.state == "stored")
    .subquery("stored")
)


def _goes(days: Any, newest: Any, keep: Any) -> ColumnElement[bool]:
    """Whether rules let a stored model go."""
    age = func.now() - _STORED.c.created_at
    kept = or_(
        and_(keep.has_key("starred"), _STORED.c.starred),
        and_(keep.has_key("published"), _STORED.c.published),
    )
    old = age > func.make_interval(0, 0, 0, days)
    return and_(days.is_not(None), old, _STORED.c.place > newest, ~kept)


async def any_rules(session: AsyncSession, hub: Retention) -> bool:
    """Whether any rule lets models go at all."""
    own = exists().where(RetentionRow.days.is_not(None))
    return hub.days is not None or bool(await session.scalar(select(own)))


async def planned(
    session: AsyncSession,
    hub: Retention,
    account: str | None,
    after: tuple[Any, ...] | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """The models that the rules let go, of `account` or of all, the oldest first.

    `own` says that they go by the rules of their owner. Pinned and fresh ones are not among them.
    """
    by_owner = func.coalesce(
        _goes(RetentionRow.days, RetentionRow.newest, RetentionRow.keep), false()
    )
    by_hub = (
        _goes(literal(hub.days), literal(hub.newest), literal(list(hub.keep), JSONB))
        if hub.days is not None
        else false()
    )
    place = _STORED.c.created_at, _STORED.c.run_id
    query = (
        select(
            _STORED.c.run_id,
            _STORED.c.owner,
            _STORED.c.size,
            _STORED.c.created_at,
            _STORED.c.model_name,
            by_owner.label("own"),
            case((by_owner, RetentionRow.days), else_=literal(hub.days or 0)).label("days"),
        )
        .outerjoin(RetentionRow, RetentionRow.account == _STORED.c.owner)
        .where(~_STORED.c.pinned, _STORED.c.created_at < func.now() - FRESH)
        .where(or_(by_hub, by_owner))
    )
    if account is not None:
        query = query.where(_STORED.c.owner == account)
    if after is not None:
        query = query.where(tuple_(*place) > after)
    return (await session.execute(query.order_by(*place).limit(limit))).all()


def why(row: Row[Any]) -> str:
    """Why a model goes, as a sentence."""
    whose = f"{row.owner}'s" if row.own else "the hub's"
    return f"It is older than {row.days} days, after which it goes by {whose} rules."
