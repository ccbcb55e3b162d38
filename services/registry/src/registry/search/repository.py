"""Queries for searches: on whose behalf they are."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.identity.tokens import Viewer
from registry.accounts.access import READERS
from registry.accounts.models import MemberRow
from registry.search.catalogue.sight import EVERYBODY, Viewpoint


async def viewpoint(session: AsyncSession, viewer: Viewer) -> Viewpoint:
    """Whose recipes a viewer sees beside the public ones."""
    if viewer is None:
        return EVERYBODY
    if viewer.may("admin"):
        return Viewpoint(all=True)
    if viewer.account is None:
        return EVERYBODY
    mine = select(MemberRow.organisation).where(
        MemberRow.person == viewer.account, MemberRow.role.in_(READERS)
    )
    organisations = await session.scalars(mine)
    return Viewpoint(frozenset((viewer.account, *organisations)))
