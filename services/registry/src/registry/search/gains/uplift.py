"""Follows the leaderboard's scores: the best uplift of the models that a recipe made."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection

import httpx
from pydantic import BaseModel
from sqlalchemy import text

from mergehub.kit.background import feeds
from mergehub.kit.background.feeds import WAIT_SECONDS
from mergehub.kit.background.resources import Resources
from registry.search.replica.replica import Replica

PATH = "/v1/boards/overall/scores"
LIMIT = 5000

_MADE = text("""
SELECT lower(runs.model_name) AS name, recipes.number
FROM runs
JOIN recipe_versions v ON v.id = (runs.spec->>'recipe_version')::uuid
JOIN recipes ON recipes.id = v.recipe_id
WHERE lower(runs.model_name) = ANY(:names) AND runs.kind = 'merge' AND runs.state = 'succeeded'
  AND runs.visibility = 'public'
""")


class Score(BaseModel):
    """A model's uplift on the board."""

    model: str
    uplift: float | None


class Page(BaseModel):
    """Scores in the order in which they changed."""

    items: list[Score]
    next_after: int
    newest: int


class UpliftFollower:
    """Follows the feed while `run` runs."""

    def __init__(self, resources: Resources, replica: Replica) -> None:
        self._hub: httpx.AsyncClient = resources.hub
        settings = resources.settings
        self._url = f"{(settings.leaderboard_url or settings.hub_url).rstrip('/')}{PATH}"
        self._database, self._replica = resources.database, replica
        self._uplift: dict[str, float] = {}
        self._of_recipe: dict[int, set[str]] = defaultdict(set)
        self._without_recipe: set[str] = set()
        self._after = 0

    async def run(self) -> None:
        """Follow for ever. Without a leaderboard, what is known stays."""
        await feeds.follow(self._turn, "uplift.away")

    async def _turn(self) -> None:
        if await self._replica.loaded(WAIT_SECONDS) is None:
            return
        query = {"after": self._after, "limit": LIMIT, "wait": WAIT_SECONDS}
        page = await feeds.page(self._hub, self._url, query, Page)
        if page.newest < self._after:  # the leaderboard was restored from a backup
            self._after = 0
            return
        await self.learn({each.model.lower(): each.uplift for each in page.items})
        self._after = page.next_after

    async def learn(self, uplift: dict[str, float | None]) -> None:
        """Take in the uplift of models by their names in lower case; None: it has none any more."""
        for name, value in uplift.items():
            if value is None:
                self._uplift.pop(name, None)
            else:
                self._uplift[name] = value
        numbers = await self._recipes_of({*uplift, *self._without_recipe})
        await self._replica.learn("uplift", {number: self._best(number) for number in numbers})

    async def _recipes_of(self, names: Collection[str]) -> set[int]:
        """The recipes that made models of these names; names without one are asked for again."""
        if not names:
            return set()
        async with self._database.reading() as session:
            rows = (await session.execute(_MADE, {"names": list(names)})).all()
        for name, number in rows:
            self._of_recipe[number].add(name)
        found = {name for name, _ in rows}
        self._without_recipe = {name for name in names if name not in found} & self._uplift.keys()
        return {number for _, number in rows}

    def _best(self, number: int) -> float:
        known = [self._uplift[each] for each in self._of_recipe[number] if each in self._uplift]
        return max(known, default=math.nan)
