"""Starring recipes, and who starred which."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.identity.tokens import Principal, Viewer
from mergehub.kit.paging.pages import PageRequest
from registry.accounts.service import own
from registry.actor import Actor
from registry.changes import noted
from registry.recipes import service as recipes
from registry.stars import repository
from registry.stars.schemas import Star, Stargazer, StarPage, StarredPage, StarredRecipe


async def star(session: AsyncSession, actor: Actor, recipe_id: UUID) -> Star:
    """Star a recipe, unless the actor has done so. Raises NoAccount and RecipeNotFound."""
    account = own(actor.who)
    recipe = await recipes.held(session, recipe_id, actor.who)
    if await repository.add(session, recipe_id, account):
        recipe.stars += 1
        await noted(session, recipe_id)
    return await find(session, actor.who, recipe_id)


async def unstar(session: AsyncSession, actor: Actor, recipe_id: UUID) -> Star:
    """Take back a star, if the actor gave one. Raises NoAccount and RecipeNotFound."""
    account = own(actor.who)
    recipe = await recipes.held(session, recipe_id, actor.who)
    if await repository.remove(session, recipe_id, account):
        recipe.stars -= 1
        await noted(session, recipe_id)
    return await find(session, actor.who, recipe_id)


async def find(session: AsyncSession, holder: Principal, recipe_id: UUID) -> Star:
    """The holder's star on a recipe. Raises NoAccount and RecipeNotFound."""
    account = own(holder)
    recipe = await recipes.find(session, recipe_id, holder)
    at = await repository.starred_at(session, recipe_id, account)
    return Star(recipe_id=recipe_id, starred_at=at, stars=recipe.stars)


async def page(
    session: AsyncSession, recipe_id: UUID, viewer: Viewer, asked: PageRequest
) -> StarPage:
    """Who starred a recipe, newest star first. Raises RecipeNotFound."""
    before = asked.after(datetime, str)
    await recipes.find(session, recipe_id, viewer)
    found = await repository.page(session, recipe_id, before, asked.rows)
    rows, next_cursor = asked.cut(found, lambda row: (row.created_at, row.account))
    items = [Stargazer(account=row.account, starred_at=row.created_at) for row in rows]
    return StarPage(items=items, next_cursor=next_cursor)


async def starred(session: AsyncSession, holder: Principal, asked: PageRequest) -> StarredPage:
    """The recipes that the holder starred and may still see. Raises NoAccount."""
    before = asked.after(datetime, UUID)
    found = await repository.starred(session, own(holder), holder, before, asked.rows)
    rows, next_cursor = asked.cut(found, lambda row: (row.created_at, row.recipe_id))
    known = await recipes.several(session, [row.recipe_id for row in rows], holder)
    items = [StarredRecipe(**dict(known[row.recipe_id]), starred_at=row.created_at) for row in rows]
    return StarredPage(items=items, next_cursor=next_cursor)
