"""Every type of event in words and by an example: what people read who receive them.

`python -m mergehub.contracts.catalogue --write` makes the page `docs/events.md` of it.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from mergehub.contracts.events import TYPES, Envelope
from mergehub.contracts.samples import samples

PAGE = Path("docs/events.md")

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
            "Written by `python -m mergehub.contracts.catalogue --write`.",
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
