"""The event schemas of each release, and what today's code would break.

`python -m tools.event_releases` writes the schemas and samples of this version to `released/`. It
refuses if readers of the last release could not read today's events, or if today's code could not
read the last release's events, which stay in outboxes across an upgrade.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from mergehub import __version__
from mergehub.contracts.event_samples.samples import samples
from mergehub.contracts.events import TYPES, Envelope, EventPage
from tools.compatibility import Schema, unreadable

FOLDER = Path(__file__).with_name("released")

Models = Mapping[str, type[BaseModel]]

# Names without a dot, which no event type has.
MODELS: Models = {"envelope": Envelope, "page": EventPage, **TYPES}

ADVICE = (
    "A change of a released event must not break a reader. You may add a type, or a field with a "
    "default (since stored events lack it). For any other change, add a type, such as {type}.2, "
    "and send it beside the old one while that still has readers."
)


@dataclass(frozen=True)
class Release:
    """The JSON Schemas of a version's events, and a sample of each type."""

    version: str
    schemas: Mapping[str, Schema]
    samples: list[dict[str, Any]]


def today() -> Release:
    """The schemas and samples of today's code. Raises ValueError if a type has no sample."""
    told = [event.model_dump(mode="json") for event in samples()]
    if missing := TYPES.keys() - {event["type"] for event in told}:
        raise ValueError(
            f"Add samples of {', '.join(sorted(missing))} to event_samples/samples.py."
        )
    return Release(__version__, {name: _written(model) for name, model in MODELS.items()}, told)


def released(folder: Path = FOLDER) -> list[Release]:
    """All releases, the oldest first."""
    found = [Release(**json.loads(path.read_text())) for path in folder.glob("events-*.json")]
    return sorted(found, key=lambda each: [int(part) for part in each.version.split(".")])


def broken(last: Release, models: Models = MODELS) -> list[str]:
    """What `models` break of a release: a sentence for each, with what to do instead."""
    return [
        f"{name}: {fault}. {ADVICE.format(type=name)}"
        for name, schema in last.schemas.items()
        for fault in _faults(last.version, schema, models.get(name))
    ]


def _faults(version: str, schema: Schema, model: type[BaseModel] | None) -> Iterator[str]:
    if model is None:
        yield f"it is gone, but readers expect it and outboxes hold events of {version}"
        return
    for fault in unreadable(_written(model), schema):
        yield f"readers of {version} could not read what is written today: {fault}"
    for fault in unreadable(schema, model.model_json_schema(mode="validation")):
        yield f"what {version} wrote could not be read today: {fault}"


def _written(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema(mode="serialization")


def main() -> None:
    """Write this version's schemas and samples, or report what they break."""
    faults = [fault for last in released()[-1:] for fault in broken(last)]
    if faults:
        sys.exit("\n".join(faults))
    path = FOLDER / f"events-{__version__}.json"
    path.write_text(json.dumps(asdict(today()), indent=1, sort_keys=True) + "\n")
    print(f"Written: {path}")


if __name__ == "__main__":
    main()
