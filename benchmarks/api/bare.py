"""The same queries and answers with FastAPI and SQLAlchemy alone, without our middleware.

MERGEHUB_DATABASE_URL=… uvicorn benchmarks.api.bare:app
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import Depends, FastAPI, HTTPException, Query
from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from mergehub.kit.paging.pages import Page
from registry.recipes.models import RecipeRow, VersionRow
from registry.recipes.schemas import Recipe, VersionSummary

NEWEST = and_(VersionRow.recipe_id == RecipeRow.id, VersionRow.number == RecipeRow.newest)


URL = os.environ["MERGEHUB_DATABASE_URL"]
ENGINE = create_async_engine(
    "postgresql+asyncpg://",
    async_creator=lambda: asyncpg.connect(URL, server_settings={"search_path": "registry"}),
    pool_size=10,
    max_overflow=0,
)
SESSIONS = async_sessionmaker(ENGINE, expire_on_commit=False)

app = FastAPI()


class RecipePage(Page[Recipe]):
    """Newest first."""


async def _session() -> AsyncIterator[AsyncSession]:
    async with SESSIONS() as session:
        yield session


Session = Annotated[AsyncSession, Depends(_session)]


@app.get("/v1/recipes/{recipe_id}")
async def get_recipe(recipe_id: UUID, session: Session) -> Recipe:
    query = select(RecipeRow, VersionRow).join(VersionRow, NEWEST).where(RecipeRow.id == recipe_id)
    found = (await session.execute(query)).first()
    if found is None:
        raise HTTPException(404)
    return _recipe(*found)


@app.get("/v1/recipes")
async def list_recipes(
    session: Session,
    name: str | None = None,
    tag: str | None = None,
    method: str | None = None,
    before: datetime | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> RecipePage:
    query = select(RecipeRow, VersionRow).join(VersionRow, NEWEST)
    if name is not None:
        query = query.where(RecipeRow.name == name)
    if tag is not None:
        query = query.where(RecipeRow.tags.contains([tag]))
    if method is not None:
        query = query.where(VersionRow.method == method)
    if before is not None:
        query = query.where(RecipeRow.created_at < before)
    query = query.order_by(RecipeRow.created_at.desc(), RecipeRow.id.desc()).limit(limit)
    items = [_recipe(*pair) for pair in await session.execute(query)]
    cursor = str(items[-1].created_at) if items else None
    return RecipePage(items=items, next_cursor=cursor)


def _recipe(recipe: RecipeRow, newest: VersionRow) -> Recipe:
    columns = {name: getattr(recipe, name) for name in Recipe.model_fields if name != "version"}
    return Recipe(**columns, version=VersionSummary.model_validate(newest))
