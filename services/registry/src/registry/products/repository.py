"""Queries on products."""

from __future__ import annotations

from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from registry.products.models import ProductRow


async def named(session: AsyncSession, name: str, owner: str) -> ProductRow:
    """The product of this name, in any case; a new one belongs to `owner`."""
    added = insert(ProductRow).values(name=name, owner=owner).on_conflict_do_nothing()
    await session.execute(added)
    query = select(ProductRow).where(func.lower(ProductRow.name) == func.lower(name))
    return (await session.scalars(query)).one()


async def any_in(session: AsyncSession, namespace: str) -> bool:
    """Whether any product is named `namespace/…`."""
    borne = func.lower(ProductRow.name).startswith(f"{namespace}/", autoescape=True)
    return bool(await session.scalar(select(exists().where(borne))))
