"""What lineage knows of the models of a recipe, asked over HTTP and within a second."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping
from typing import Any

import httpx
import structlog
from pydantic import BaseModel, ValidationError

log = structlog.get_logger()

PATH = "/v1/graph/ingredients"


class Named(BaseModel):
    """A model by its name."""

    name: str


class Flag(BaseModel):
    """A flag, with the path from the model that inherits it to the one that has it."""

    kind: str
    reason: str
    path: list[Named]


class Ingredient(Named):
    """A model that lineage knows, `asked` as the recipe names it."""

    asked: str
    originals: list[Named]
    flags: list[Flag]


class Kinship(BaseModel):
    """How the models of a group are related."""

    compared: list[str]
    apart: list[str]
    shared: Named | None


class Inherited(BaseModel):
    """A licence, with the path from an ingredient to the model that has it."""

    licence: str
    path: list[Named]


class Conflict(BaseModel):
    """A licence that an ingredient, or one of its ancestors, breaks."""

    reason: str
    by: Named
    path: list[Named]


class Exclusion(BaseModel):
    """Two licences that no licence of the merge can keep both."""

    one: Inherited
    other: Inherited


class Ingredients(BaseModel):
    """The answer, as far as the check of a recipe reads it."""

    models: list[Ingredient]
    unknown: list[str]
    groups: list[Kinship]
    inherited: list[Inherited] = []  # the release before does not give them
    forbidding: list[Inherited]
    conflicts: list[Conflict]
    exclusions: list[Exclusion]


class Lineage:
    """Asks lineage. A recipe does not depend on the answer, so a failure is no answer.

    One that did not answer is not asked again at once, so that publishing is not held up.
    """

    SECONDS = 1.0
    REST_SECONDS = 1.0

    def __init__(self, hub: httpx.AsyncClient, url: str) -> None:
        self._hub = hub
        self._url = f"{url.rstrip('/')}{PATH}"
        self._rests_until = -math.inf

    async def ingredients(self, question: Mapping[str, Any]) -> Ingredients | None:
        """The answer; None if lineage is away, slow or not ready."""
        if time.monotonic() < self._rests_until:
            return None
        try:
            async with asyncio.timeout(self.SECONDS):
                answer = await self._hub.post(self._url, json=question)
            answer.raise_for_status()
            return Ingredients.model_validate_json(answer.content)
        except (httpx.HTTPError, TimeoutError, ValidationError) as error:
            if isinstance(error, httpx.TransportError | TimeoutError):
                self.rest()
            log.warning("lineage.no_answer", error=f"{type(error).__name__}: {error}"[:300])
            return None

    def rest(self) -> None:
        """Do not ask for REST_SECONDS."""
        self._rests_until = time.monotonic() + self.REST_SECONDS
