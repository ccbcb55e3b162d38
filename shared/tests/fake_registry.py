"""A fake registry for services that read its events: a feed over real HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

from fastapi import FastAPI, Request

from mergehub.contracts.events import Envelope, EventData, EventPage, ModelProduced
from mergehub.contracts.kinds.merge import Parent


class FakeRegistry:
    """The events of a registry, to which `add` appends one, and the scopes of its `tokens`.

    A token is `ann`'s, unless `accounts` names another's.
    """

    def __init__(self) -> None:
        self.address = ""
        self.events: list[Envelope] = []
        self.app = FastAPI()
        self.tokens: dict[str, str] = {}
        self.accounts: dict[str, str] = {}
        self.app.get("/v1/events")(self.page)
        self.app.post("/v1/tokens/introspect")(self.introspect)

    def clear(self) -> None:
        """Remove all events."""
        self.events.clear()

    async def introspect(self, request: Request) -> dict[str, Any]:
        """Whose token it is (RFC 7662)."""
        (token,) = parse_qs((await request.body()).decode())["token"]
        scope = self.tokens.get(token)
        if scope is None:
            return {"active": False}
        return {
            "active": True,
            "scope": scope,
            "client_id": token,
            "account": self.accounts.get(token, "ann"),
        }

    async def page(self, after: int, limit: int) -> EventPage:
        items = self.events[after : after + limit]
        last = items[-1].sequence if items else after
        return EventPage(items=items, next_after=last, has_more=last < len(self.events))

    def merge(self, name: str, *parents: Parent, **changes: Any) -> Envelope:
        """A merge run produced `name`."""
        produced = ModelProduced(
            run=uuid4(),
            name=name,
            digest=f"sha256:{name}",
            method="ties",
            recipe_version=uuid4(),
            recipe_digest="sha256:recipe",
            parents=list(parents),
        ).model_copy(update=changes)
        return self.add("model.produced", name, produced)

    def add(self, type: str, subject: str, data: EventData) -> Envelope:
        event = Envelope(
            id=uuid4(),
            source="registry",
            sequence=len(self.events) + 1,
            type=type,
            time=datetime.now(UTC),
            subject=subject,
            data=data.model_dump(mode="json"),
        )
        self.events.append(event)
        return event
