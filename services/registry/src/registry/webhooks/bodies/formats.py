"""The formats of webhooks, by the name that an endpoint has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mergehub.kit.events.outbox import OutboxColumns
from registry.webhooks.bodies import openlineage, standard

Format = Literal["standard", "openlineage"]


@dataclass(frozen=True)
class Written:
    """An event in one format; an ordered endpoint gets those of one subject in order."""

    subject: str
    body: str


def written(event: OutboxColumns, hub: str) -> Mapping[str, Written]:
    """An event of the `hub` in each format that has a form for it."""
    forms = {"standard": Written(event.subject, standard.body_of(event))}
    if body := openlineage.body_of(event, hub):
        forms["openlineage"] = Written(openlineage.subject_of(event), body)
    return forms
