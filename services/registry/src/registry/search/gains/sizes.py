"""Asks lineage how large the models of recipes are, and gives the recipes their sizes."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from http import HTTPStatus
from itertools import islice

import httpx
import numpy as np
import structlog
from pydantic import BaseModel, ValidationError

from mergehub.kit.background import feeds
from mergehub.kit.background.feeds import ANSWER_SECONDS, WAIT_SECONDS, Away
from mergehub.kit.background.resources import Resources
from mergehub.kit.telemetry.loops import turned
from registry.recipes.beside_lineage.groups import LONGEST_NAME, MOST_MODELS
from registry.recipes.beside_lineage.lineage import PATH
from registry.search.catalogue.catalogue import Catalogue
from registry.search.catalogue.values import Values
from registry.search.gains.sizing import Places, changed, with_models
from registry.search.replica.replica import Replica

log = structlog.get_logger()

PAUSE_SECONDS = 2.0
REST, LONGEST_REST = 4, 0.5
"""After a start, all models are asked for. That takes at most a fifth of the time."""
AGAIN_SECONDS = 3600.0
MOST_NAMES = 1_000_000
AT_ONCE = 10_000  # entries, so that threads and the event loop are held for milliseconds


class Model(BaseModel):
    """How many weights a model has, by the name that was asked for."""

    asked: str
    parameters: int | None = None  # the release before does not give it


class Models(BaseModel):
    """The models that lineage knows, of those that were asked for."""

    models: list[Model]


class SizeFollower:
    """Asks for each model once, and for those without a size again after `again` seconds."""

    def __init__(
        self, resources: Resources, replica: Replica, again: float = AGAIN_SECONDS
    ) -> None:
        self._hub: httpx.AsyncClient = resources.hub
        settings = resources.settings
        self._url = f"{(settings.lineage_url or settings.hub_url).rstrip('/')}{PATH}"
        self._replica, self._again_seconds = replica, again
        self._known: dict[str, float] = {}
        """The sizes of models by their names in lower case."""
        self._waiting: deque[str] = deque()
        self._again: deque[tuple[float, str]] = deque()
        self._values: Values | None = None
        self._codes = self._slots = 0

    async def run(self) -> None:
        """Look for ever. Without lineage, what is known stays."""
        self._values = None  # a loop that is started again looks at everything
        await feeds.follow(self._turn, "size.away")

    async def _turn(self) -> None:
        catalogue = await self._replica.loaded(WAIT_SECONDS)
        if catalogue is not None:
            began = time.monotonic()
            more = await self.look(catalogue)
            rest = min(LONGEST_REST, REST * (time.monotonic() - began))
            await asyncio.sleep(rest if more else PAUSE_SECONDS)

    async def look(self, catalogue: Catalogue) -> bool:
        """Give new recipes their sizes, and ask for the next models; whether more are waiting.

        Raises:
            Away: lineage does not answer; the models wait for the next look.
        """
        await self._settle_new(catalogue)
        names = self._next()
        if names:
            known = await self._ask(names)
            for _ in names:
                self._waiting.popleft()
            self._learn(names, known)
            await self._settle(catalogue, with_models(catalogue, known))
        return bool(self._waiting)

    async def _settle_new(self, catalogue: Catalogue) -> None:
        """Give sizes to the entries that came since the last look, and note their models."""
        if catalogue.values is not self._values:  # it was loaded, perhaps once more
            self._values, self._codes, self._slots = catalogue.values, 0, 0
            self._waiting.clear()
            self._again.clear()
        await asyncio.to_thread(self._note, catalogue.values)
        await self._settle(catalogue, np.arange(self._slots, catalogue.size))
        self._slots = catalogue.size

    def _note(self, values: Values) -> None:
        """Let the models wait that came since the last look; bases are ingredients as well."""
        codes = values.codes_of("ingredient")[self._codes :].tolist()
        self._codes += len(codes)
        names = (values.texts[code] for code in codes)
        new = (each for each in names if each not in self._known and len(each) <= LONGEST_NAME)
        room = MOST_NAMES - len(self._known) - len(self._waiting) - len(self._again)
        self._waiting.extend(islice(new, max(0, room)))

    def _next(self) -> list[str]:
        """The models to ask for now; they go on waiting until there is an answer."""
        now = time.monotonic()
        while self._again and self._again[0][0] <= now:
            self._waiting.append(self._again.popleft()[1])
        return list(islice(self._waiting, MOST_MODELS))

    async def _ask(self, names: Sequence[str]) -> dict[str, float]:
        """The sizes that lineage knows of these models. Raises Away."""
        body = {"groups": [], "models": list(names)}
        try:
            answer = await self._hub.post(self._url, json=body, timeout=ANSWER_SECONDS)
            if answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY:
                log.warning("size.refused", answer=answer.text[:300])
                return {}  # one name must not hold up all others
            if answer.status_code != HTTPStatus.OK:
                raise Away(f"status {answer.status_code}")
            found = Models.model_validate_json(answer.content)
        except httpx.HTTPError as error:
            raise Away(type(error).__name__) from error
        except ValidationError as error:
            raise Away("the answer does not list models") from error
        return {each.asked: float(each.parameters) for each in found.models if each.parameters}

    def _learn(self, names: Sequence[str], known: dict[str, float]) -> None:
        self._known |= {name: known[name] for name in names if name in known}
        due = time.monotonic() + self._again_seconds
        self._again.extend((due, name) for name in names if name not in known)

    async def _settle(self, catalogue: Catalogue, slots: Places) -> None:
        """Give entries their sizes; none has one before lineage knew one."""
        for begin in range(0, len(slots) if self._known else 0, AT_ONCE):
            turned()
            part = slots[begin : begin + AT_ONCE]
            sizes = await asyncio.to_thread(changed, catalogue, part, self._known)
            if sizes:
                await self._replica.learn("size", sizes)
