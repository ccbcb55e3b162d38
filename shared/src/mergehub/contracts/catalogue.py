"""The page on events: every type in words and by an example, for people who receive them."""

from __future__ import annotations

import json
from typing import Any

from mergehub.contracts.events import TYPES, Envelope
from mergehub.contracts.samples import samples

SUMMARIES = {
    "recipe.published": "A version of a recipe was published.",
    "run.queued": "A run waits for a worker: it is new, or goes on after a failure.",
    "run.started": "A worker has begun an attempt at a run.",
    "run.succeeded": "A run has its result.",
    "run.failed": "A run has failed, and it is tried no more unless somebody asks.",
    "run.cancelled": "A run was cancelled.",
    "model.produced": "A merge made a model; its parents are those that it was merged from.",
    "evaluation.completed": "A model was evaluated on one benchmark.",
    "webhook.disabled": "Nothing more is sent to a webhook endpoint: it answered 410 (`gone`), or "
    "accepted nothing for days (`failing`). It goes to its owner's other endpoints and is in no "
    "feed.",
    "webhook.test": "Somebody pressed the test button. It goes to that endpoint alone and is in "
    "no feed.",
}


def page() -> str:
    """The catalogue in Markdown."""
    examples = {event.type: event for event in reversed(samples())}
    index = [f"| [`{name}`](#{_anchor(name)}) | {SUMMARIES[name]} |" for name in TYPES]
    return "\n".join(
        [
            "# Events",
            "",
            "What [webhooks](webhooks.md) send. `data` is also what `GET /v1/events` tells; fields",
            "may be added to it, and a change that would break a reader gets a new type.",
            "",
            "| `type` | tells |",
            "| --- | --- |",
            *index,
            *(line for name in TYPES for line in _section(name, examples[name])),
            "",
            "---",
            "",
            "Written by `make documents`.",
            "",
        ]
    )


def _section(name: str, example: Envelope) -> list[str]:
    payload = {
        "type": name,
        "timestamp": example.time.isoformat(),
        "subject": example.subject,
        "data": example.data,
    }
    text = json.dumps(payload, indent=2, ensure_ascii=False)
    schema = TYPES[name].model_json_schema()
    return [
        "",
        f"## {name}",
        "",
        SUMMARIES[name],
        "",
        "| field of `data` | type |",
        "| --- | --- |",
        *(f"| `{field}` | {_type(of)} |" for field, of in schema["properties"].items()),
        "",
        "```json",
        text,
        "```",
    ]


def _type(of: dict[str, Any]) -> str:
    """A field's type by its JSON schema."""
    if "anyOf" in of:
        return " or ".join(_type(each) for each in of["anyOf"])
    if of.get("type") == "array":
        return f"array of {_type(of['items'])}"
    named = of.get("$ref", "").rpartition("/")[2]
    return str(of.get("format") or named or of["type"])


def _anchor(name: str) -> str:
    return name.replace(".", "")
