"""The page on events, which describes every type with an example."""

from __future__ import annotations

import json
from typing import Any

from mergehub.contracts.event_samples.samples import samples
from mergehub.contracts.events import TYPES, Envelope

SUMMARIES = {
    "recipe.published": "A version of a recipe was published.",
    "recipe.commented": "A person commented on a recipe, or answered a comment. The text is at "
    "`/v1/recipes/{id}/comments/{number}`.",
    "run.queued": "A run waits for a worker: it is new, or is retried after a failure.",
    "run.started": "A worker has begun an attempt at a run.",
    "run.succeeded": "A run has its result.",
    "run.failed": "A run has failed. It is not tried again unless a client asks for a retry.",
    "run.cancelled": "A run was cancelled.",
    "model.produced": "A merge made a model; its parents are those that it was merged from.",
    "evaluation.completed": "A model was evaluated on one benchmark.",
    "ablation.completed": "A merge was evaluated, whole and without each of its ingredients.",
    "webhook.disabled": "The hub has stopped sending to a webhook endpoint: it answered 410 "
    "(`gone`), or accepted nothing for days (`failing`). The event goes to its owner's other "
    "endpoints and is in no "
    "feed.",
    "webhook.test": "A user asked for a test of an endpoint. The event goes only to that endpoint "
    "and is in no feed.",
}


def page() -> str:
    """The catalogue in Markdown."""
    examples = {event.type: event for event in reversed(samples())}
    index = [f"| [`{name}`](#{_anchor(name)}) | {SUMMARIES[name]} |" for name in TYPES]
    return "\n".join(
        [
            "# Events",
            "",
            "[Webhooks](webhooks.md) and `GET /v1/events` send these events with the same `data`.",
            "New fields may be added to it; a change that would break a reader gets a new type.",
            "",
            "| `type` | meaning |",
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
    """A field's type in words, from its JSON schema."""
    if "anyOf" in of:
        return " or ".join(_type(each) for each in of["anyOf"])
    if of.get("type") == "array":
        return f"array of {_type(of['items'])}"
    named = of.get("$ref", "").rpartition("/")[2]
    return str(of.get("format") or named or of["type"])


def _anchor(name: str) -> str:
    return name.replace(".", "")
