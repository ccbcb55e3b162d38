"""How many recipes a second the service publishes."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from benchmarks.api.__main__ import tell
from benchmarks.lineage.server import Server
from benchmarks.registry.made import Made, recipes

TOKEN = "mgh_" + "b" * 43
AT_ONCE = 8
A_SECOND = 200


def _body(made: Made) -> bytes:
    models = "\n".join(f"  - model: {each}" for each in made.models)
    text = f"merge_method: linear\nmodels:\n{models}\nparameters: {{weight: 0.5}}\n"
    fields = {"title": made.title, "description": made.description, "tags": made.tags}
    name = f"new-{made.number}-{time.time_ns()}"  # the tables may be those of an earlier run
    return json.dumps({"name": name, "recipe": text, **fields}).encode()


def publish(server: Server, count: int) -> bool:
    """Publish so many recipes, some at once, each by a connection that is kept."""
    bodies = [_body(made) for made in islice(recipes(count), count)]

    def some(place: int) -> None:
        with server.client() as client:
            for body in bodies[place::AT_ONCE]:
                client.post("/v1/recipes", body, TOKEN)

    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(some, range(AT_ONCE)))
    speed = count / (time.perf_counter() - began)
    return tell("recipes published", f"{speed:.0f} a second", "200", speed >= A_SECOND)
