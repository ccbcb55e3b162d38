"""Which recipes rise: stars, forks and runs by others, each counting half as much a week later.

The number of a recipe is the logarithm of their sum, as if it were looked at on a fixed day. So the
order of two recipes changes only when somebody does something, never as time passes.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping

from sqlalchemy import text

from mergehub.kit.background.resources import Resources
from mergehub.kit.telemetry.loops import turned
from registry.search.replica.replica import Replica

EVERY_SECONDS = 60.0
LOOK_SECONDS = 30.0
STAR, FORK, RUN = 3, 2, 1
"""How much each counts at first. The runs of one account count once."""

_RISING = text("""
SELECT r.number, ln(sum(e.weight * power(2::float8, e.weeks))) / ln(2::float8) AS rising
FROM (
  SELECT recipe_id AS recipe, account AS who, CAST(:star AS float8) AS weight,
    extract(epoch FROM created_at - timestamptz '2026-01-01Z')::float8 / 604800 AS weeks
  FROM stars WHERE created_at > now() - interval '8 weeks'
  UNION ALL
  SELECT origin_id, fork.owner, CAST(:fork AS float8),
    extract(epoch FROM fork.created_at - timestamptz '2026-01-01Z')::float8 / 604800
  FROM recipe_forks JOIN recipes fork ON fork.id = recipe_forks.recipe_id
  WHERE fork.created_at > now() - interval '8 weeks' AND fork.visibility = 'public'
  UNION ALL
  SELECT source, owner, CAST(:run AS float8),
    extract(epoch FROM max(created_at) - timestamptz '2026-01-01Z')::float8 / 604800
  FROM runs, unnest(sources) AS source
  WHERE created_at > now() - interval '8 weeks' AND visibility = 'public'
  GROUP BY source, owner
) AS e
JOIN recipes r ON r.id = e.recipe
WHERE e.who <> r.owner
GROUP BY r.number
""")


class Trending:
    """Looks from time to time which recipes rise, while `run` runs."""

    def __init__(self, resources: Resources, replica: Replica) -> None:
        self._database, self._replica = resources.database, replica
        self._known: Mapping[int, float] = {}

    async def run(self) -> None:
        """Look for ever, a minute after each look; not before the catalogue is loaded."""
        while True:
            turned(EVERY_SECONDS + LOOK_SECONDS)
            if await self._replica.loaded(LOOK_SECONDS) is not None:
                await self.look()
                await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Look now."""
        async with self._database.reading() as session:
            rows = (await session.execute(_RISING, {"star": STAR, "fork": FORK, "run": RUN})).all()
        rising: dict[int, float] = {row.number: row.rising for row in rows}
        await self._replica.learn("trending", dict.fromkeys(self._known, math.nan) | rising)
        self._known = rising
