"""Events as each release told them are taken in by today's leaderboard."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from leaderboard.parents.models import Parent
from leaderboard.results.models import Result
from leaderboard.tables import InboxPosition, InboxRefused
from mergehub.contracts.events import Envelope
from tools.event_releases import Release, released


@pytest.mark.parametrize("release", released(), ids=lambda each: each.version)
async def test_events_of_a_release_are_applied(resources, registry, caught_up, release: Release):
    registry.events.extend(map(Envelope.model_validate, release.samples))
    await caught_up()
    async with resources.database.transaction() as session:
        assert await session.scalar(select(InboxPosition.sequence)) == len(release.samples)
        assert (await session.scalars(select(InboxRefused.reason))).all() == []
        assert (await session.scalars(select(Result.model))).all() == ["org/soup"]
        parents = set(await session.scalars(select(Parent.parent)))
    assert parents >= {"org/base", "org/left"}
