"""Model names: the first spelling counts, even if later results use another case."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.facts import resolving


async def spelled(session: AsyncSession, name: str) -> str:
    """Return the first spelling of a name; a new name becomes its own first spelling."""
    models, _ = await resolving.models(session, [name])
    return models[name].name


async def known(session: AsyncSession, name: str) -> str:
    """Return the first spelling of a name, or the name itself if it is unknown."""
    found = await resolving.known_models(session, [name])
    return found[name].name if found else name
