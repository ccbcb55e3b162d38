"""Today's lineage applies the events of every release."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from lineage import events
from lineage.edges.models import EdgeRow
from lineage.tables import PositionRow, RefusedRow
from mergehub.contracts.events import Envelope
from tools.event_releases import Release, released


@pytest.mark.parametrize("release", released(), ids=lambda each: each.version)
async def test_events_of_a_release_are_applied(resources, registry, ancestry, release: Release):
    registry.events.extend(map(Envelope.model_validate, release.samples))
    await events.consumer(resources).catch_up()
    async with resources.database.transaction() as session:
        assert await session.scalar(select(PositionRow.sequence)) == len(release.samples)
        assert (await session.scalars(select(RefusedRow.reason))).all() == []
        assert (await session.scalars(select(EdgeRow.id))).all()
    names = {node["name"] for node in (await ancestry("org/soup"))["nodes"]}
    assert names >= {"org/soup", "org/base", "org/left"}
