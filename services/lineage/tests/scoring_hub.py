"""A hub whose leaderboard has a feed of scores beside the registry's events."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from fake_registry import FakeRegistry
from fastapi import HTTPException


class ScoringHub(FakeRegistry):
    """`score` changes the score of a model; while it is `away`, the feed answers 503.

    `refused` is set when it has done so.
    """

    def __init__(self) -> None:
        super().__init__()
        self.app.get("/v1/boards/overall/scores")(self.scores)
        self._rows: dict[str, dict[str, Any]] = {}
        self._revision = 0
        self._changed = asyncio.Event()
        self.away = False
        self.refused = asyncio.Event()

    def clear(self) -> None:
        super().clear()
        self._rows.clear()
        self.away = False
        self._wake()

    def score(self, model: str, score: float | None, uplift: float | None = None) -> None:
        self._revision += 1
        self._rows[model] = self._row(model, score, uplift)
        self._wake()

    def restore(self, model: str, score: float) -> None:
        """Go back to a board that has this score only."""
        self._rows = {model: self._row(model, score, None) | {"revision": 1}}
        self._wake()

    def leave(self) -> None:
        """Answer no more; who waits is refused, too."""
        self.away = True
        self._wake()

    def _row(self, model: str, score: float | None, uplift: float | None) -> dict[str, Any]:
        return {
            "model": model,
            "score": score,
            "uplift": uplift,
            "changed_at": datetime.now(UTC).isoformat(),
            "revision": self._revision,
        }

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def scores(self, after: int, limit: int, wait: int) -> dict[str, Any]:
        with suppress(TimeoutError):
            async with asyncio.timeout(min(wait, 1)):  # so that the server ends soon
                while not self.away and not self._after(after) and self._newest() >= after:
                    await self._changed.wait()
        if self.away:
            self.refused.set()
            raise HTTPException(503)
        rows = self._after(after)[:limit]
        return {
            "items": rows,
            "next_after": rows[-1]["revision"] if rows else after,
            "newest": self._newest(),
            "has_more": len(self._after(after)) > limit,
        }

    def _after(self, revision: int) -> list[dict[str, Any]]:
        rows = (row for row in self._rows.values() if row["revision"] > revision)
        return sorted(rows, key=lambda row: row["revision"])

    def _newest(self) -> int:
        return max((row["revision"] for row in self._rows.values()), default=0)
