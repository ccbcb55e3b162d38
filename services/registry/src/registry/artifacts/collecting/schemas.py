"""What clients get of collections."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from mergehub.contracts.messages import Answer
from mergehub.kit.paging.pages import Page
from mergehub.kit.settings.retention import Keep


class OwnRules(Answer):
    """The rules of retention that an account has beside those of the hub."""

    days: int | None
    newest: int
    keep: list[Keep]


class Leaving(Answer):
    """A model that goes by the rules at the next collection, and why."""

    run: UUID
    owner: str
    model_name: str
    size: int | None
    created_at: datetime
    why: str


class LeavingPage(Page[Leaving]):
    """The oldest first. A page may have fewer items than its limit, since needed models stay."""


class Collected(Answer):
    """How many models a collection has marked; their files go an hour later."""

    marked: int
