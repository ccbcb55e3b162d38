"""A lineage for tests: its feed of models, which changes as the test says."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from fastapi import APIRouter, HTTPException

SPACE = UUID(int=7)


class FakeLineage:
    """`say` changes a model; while it is `away`, the feed answers 503."""

    def __init__(self) -> None:
        self.router = APIRouter()
        self.router.get("/v1/models/facts")(self.facts)
        self.clear()

    def clear(self) -> None:
        self._models: dict[UUID, dict[str, Any]] = {}
        self._position = 0
        self.away = False

    def say(
        self, name: str, *parents: str | dict[str, Any], id: UUID | None = None, **facts: Any
    ) -> UUID:
        """A model as it is now; a parent by its name is an ingredient of a merge."""
        self._position += 1
        id = id or uuid5(SPACE, name)
        merged = {"relation": "merge", "role": "ingredient", "method": "slerp", "weight": None}
        told = [merged | ({"name": each} if isinstance(each, str) else each) for each in parents]
        self._models[id] = {
            "id": str(id),
            "name": name,
            "former_names": [],
            "kind": "merge" if parents else "original",
            "method": "slerp" if parents else None,
            "architecture": None,
            "parameters": None,
            "licence": None,
            "domains": [],
            "flags": [],
            "made_on": None,
            "parents": told,
            **facts,
            "position": self._position,
        }
        return id

    def restore(self) -> None:
        """Go back to a state with fewer changes, in which all models are as they are now."""
        for place, model in enumerate(self._models.values(), 1):
            model["position"] = place
        self._position = len(self._models)

    async def facts(self, after: int, limit: int, wait: int) -> dict[str, Any]:
        if self.away:
            raise HTTPException(503)
        rows = [each for each in self._models.values() if each["position"] > after]
        rows.sort(key=lambda each: each["position"])
        items = rows[:limit]
        return {
            "items": items,
            "next_after": items[-1]["position"] if items else after,
            "newest": self._position,
            "has_more": len(rows) > limit,
        }
