"""Today's leaderboard applies the events of every release."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from leaderboard.facts.models import FactRow, ModelRow, VariantRow
from leaderboard.parents.models import ParentRow
from leaderboard.tables import PositionRow, RefusedRow
from mergehub.contracts.events import Envelope
from tools.event_releases import Release, released

MEASURED = (
    select(ModelRow.name)
    .join(VariantRow, VariantRow.model_id == ModelRow.id)
    .join(FactRow, FactRow.variant_id == VariantRow.id)
)


@pytest.mark.parametrize("release", released(), ids=lambda each: each.version)
async def test_events_of_a_release_are_applied(resources, registry, caught_up, release: Release):
    registry.events.extend(map(Envelope.model_validate, release.samples))
    await caught_up()
    async with resources.database.transaction() as session:
        assert await session.scalar(select(PositionRow.sequence)) == len(release.samples)
        assert (await session.scalars(select(RefusedRow.reason))).all() == []
        assert (await session.scalars(MEASURED)).all() == ["org/soup"]
        parents = set(await session.scalars(select(ParentRow.parent)))
    assert parents >= {"org/base", "org/left"}
