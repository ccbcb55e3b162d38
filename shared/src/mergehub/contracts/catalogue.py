"""Every type of event in words and by an example: what people read who receive them.

`python -m mergehub.contracts.catalogue --write` makes the page `docs/events.md` of it.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from mergehub.contracts.events import (
    TYPES,
    EvaluationCompleted,
    EventData,
    ModelProduced,
    RecipePublished,
    RunChanged,
    WebhookDisabled,
    WebhookTested,
)
from mergehub.contracts.runs import Parent

PAGE = Path("docs/events.md")
TIME = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
RUN, RECIPE, VERSION, HOOK = (UUID(int=number) for number in (0x1001, 0x2001, 0x2002, 0x3001))
SHA = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@dataclass(frozen=True)
class Described:
    """What a type of event tells, of which subject, and an example."""

    summary: str
    subject: str
    example: EventData


def _run(summary: str, attempt: int, error_code: str | None = None) -> Described:
    example = RunChanged(
        run=RUN, kind="merge", hardware="cpu", attempt=attempt, error_code=error_code
    )
    return Described(summary, f"runs/{RUN}", example)


EVENTS: dict[str, Described] = {
    "recipe.published": Described(
        "A version of a recipe was published.",
        f"recipes/{RECIPE}",
        RecipePublished(recipe=RECIPE, version=VERSION, number=1, name="my-soup", digest=SHA),
    ),
    "run.queued": _run("A run waits for a worker: it is new, or goes on after a failure.", 0),
    "run.started": _run("A worker has begun an attempt at a run.", 1),
    "run.succeeded": _run("A run has its result.", 1),
    "run.failed": _run(
        "A run has failed, and it is tried no more unless somebody asks.", 5, "crashed"
    ),
    "run.cancelled": _run("A run was cancelled.", 1),
    "model.produced": Described(
        "A merge made a model; its parents are those that it was merged from.",
        "models/local/my-soup",
        ModelProduced(
            run=RUN,
            name="local/my-soup",
            digest=SHA,
            method="linear",
            recipe_version=VERSION,
            recipe_digest=SHA,
            parents=[
                Parent(name=name, weight=0.5, layers=None, base=None)
                for name in ("org/first", "org/second")
            ],
        ),
    ),
    "evaluation.completed": Described(
        "A model was evaluated on one benchmark.",
        "models/local/my-soup",
        EvaluationCompleted(
            run=RUN,
            model="local/my-soup",
            model_digest=SHA,
            benchmark="gsm8k",
            version="3.0",
            metric="exact_match",
            value=0.42,
            stderr=0.0136,
            count=1319,
            shots=5,
            harness="lm-eval 0.4.9",
        ),
    ),
    "webhook.disabled": Described(
        "Nothing more is sent to a webhook endpoint: it answered 410 (`gone`), or accepted nothing "
        "for days (`failing`).",
        f"webhooks/{HOOK}",
        WebhookDisabled(endpoint=HOOK, reason="failing", failing_since=TIME),
    ),
    "webhook.test": Described(
        "Somebody pressed the test button. It goes to that endpoint alone and is in no feed.",
        f"webhooks/{HOOK}",
        WebhookTested(endpoint=HOOK),
    ),
}


def page() -> str:
    """The catalogue in Markdown."""
    index = [f"| [`{name}`](#{_anchor(name)}) | {EVENTS[name].summary} |" for name in TYPES]
    return "\n".join(
        [
            "# Events",
            "",
            "Written by `python -m mergehub.contracts.catalogue --write`.",
            "",
            "What [webhooks](webhooks.md) send. `data` is also what `GET /v1/events` tells; fields",
            "may be added to it, and a change that would break a reader gets a new type.",
            "",
            "| `type` | tells |",
            "| --- | --- |",
            *index,
            *(line for name in TYPES for line in _section(name, EVENTS[name])),
            "",
        ]
    )


def _section(name: str, described: Described) -> list[str]:
    payload = {
        "type": name,
        "timestamp": TIME.isoformat(),
        "subject": described.subject,
        "data": described.example.model_dump(mode="json"),
    }
    example = json.dumps(payload, indent=2, ensure_ascii=False)
    schema = TYPES[name].model_json_schema()
    return [
        "",
        f"## {name}",
        "",
        described.summary,
        "",
        "| field of `data` | type |",
        "| --- | --- |",
        *(f"| `{field}` | {_type(of)} |" for field, of in schema["properties"].items()),
        "",
        "```json",
        example,
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


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or check that it is current; 1 if it is not."""
    parser = argparse.ArgumentParser(prog="python -m mergehub.contracts.catalogue")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="write the page")
    action.add_argument("--check", action="store_true", help="fail if it is not current")
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args(arguments)
    if options.write:
        options.page.write_text(page(), encoding="utf-8")
    elif not options.page.is_file() or options.page.read_text(encoding="utf-8") != page():
        print(f"{options.page} is not current: run with --write", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
