"""Show all of Mergehub with a real model: merge two specialists, measure what the merge gained.

    make demo

Starts a hub of its own in .cache/demo, publishes the recipe `merge.yml`, merges, evaluates the
base, both specialists and the merge on held-out items, and shows lineage and scores. The exit code
is 0 only if all steps succeed and the merge beats the base and the other specialist on each skill.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from base_model import fetch_base
from report import Row, failed_claims, score_table
from rich.console import Console
from watch import RunFailed, watch

from mergehub.cli.commands.lineage.trees import draw
from mergehub.client import HubClient, HubError
from mergehub.hub.process import Command, spawn
from mergehub.whereabouts import read_connection

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("MERGEHUB_DEMO_FOLDER", HERE.parents[1] / ".cache" / "demo"))
BASE = "SmolLM2-135M-Instruct"
SKILLS = ("dates", "sql")
MERGED = "demo/dates-and-sql"
PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.2

console = Console(record=True)
progress = Console()  # progress is not part of the picture


def step(text: str) -> None:
    console.print(f"[bold cyan]▸[/] {text}", highlight=False)


@contextlib.contextmanager
def running_hub(models: Path) -> Iterator[tuple[str, str]]:
    """Run a hub with two workers on a free port; yields its address and token."""
    data = CACHE / "hub"
    mergehub = Path(sys.prefix) / "bin" / "mergehub"
    folders: Command = ["--models", models, "--models", HERE, "--tasks", HERE / "tasks"]
    command: Command = [mergehub, "up", "--data", data, "--port", "0", "--workers", "2", *folders]
    (data / "connection.json").unlink(missing_ok=True)
    # One thread per worker: two evaluations side by side are faster than one on two threads.
    # With `spawn` the kernel ends the hub when the demo dies, however it dies.
    hub = spawn(command, log=subprocess.DEVNULL, env={"OMP_NUM_THREADS": "1"})
    try:
        yield wait_for_hub(hub, data)
    finally:
        hub.terminate()
        hub.wait()


def wait_for_hub(hub: subprocess.Popen[bytes], data: Path) -> tuple[str, str]:
    while hub.poll() is None:
        found = read_connection(data)
        if "url" in found:
            return found["url"], found["token"]
        time.sleep(LOOK_SECONDS / 4)
    raise SystemExit(f"The hub did not start; its logs are in {data / 'logs'}.")


def publish(hub: HubClient) -> dict[str, Any]:
    """Publish the demo's recipe and return its version; the same text again changes nothing."""
    text = (HERE / "merge.yml").read_text()
    try:
        known = hub.recipe("dates-and-sql")
    except HubError:
        return hub.publish(text, "dates-and-sql", title="Dates and SQL", tags=["demo"])["version"]
    return hub.publish_version(known["id"], text)


def evaluate(hub: HubClient, model: str) -> UUID:
    return hub.submit({"kind": "evaluate", "model": model, "benchmarks": list(SKILLS)}).id


def board(hub: HubClient, models: dict[str, str], runs: dict[str, UUID]) -> dict[str, Row]:
    """Return each model's row once the leaderboard has the results of these runs."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not all(measured(hub, models[label]) == {str(runs[label])} for label in models):
        if time.monotonic() > deadline:
            raise RunFailed("The leaderboard did not receive the results in time.")
        time.sleep(LOOK_SECONDS)
    rows = {row["model"]: row for row in hub.get("/v1/boards/overall", limit=200)["items"]}
    return {label: rows[name] for label, name in models.items()}


def measured(hub: HubClient, model: str) -> set[str]:
    """Return the runs of a model's newest results, one per skill."""
    newest: dict[str, str] = {}
    for result in hub.get("/v1/results", model=model)["items"]:
        newest.setdefault(result["benchmark"], result["run"])
    return {newest.get(skill, "none") for skill in SKILLS}


def ancestry(hub: HubClient) -> dict[str, Any]:
    """Return the merge's ancestors once lineage has them."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return hub.ancestors(hub.model(MERGED)["id"])
        except HubError as error:
            if error.status != 404 or time.monotonic() > deadline:
                raise
        time.sleep(LOOK_SECONDS)


def demo(url: str, token: str) -> tuple[str, list[str]]:
    """Run all steps on a hub; returns the merged model's id and the claims that do not hold."""
    specialists = {f"specialist {skill}": f"{BASE}+adapters/{skill}" for skill in SKILLS}
    with HubClient(url, token) as hub:
        version = publish(hub)
        step(f"published the recipe, version {version['number']}: {version['digest'][:19]}…")
        step("merging, while a second worker evaluates the parents")
        wanted = {"kind": "merge", "recipe_version": version["id"], "model_name": MERGED}
        merge = hub.submit(wanted).id
        models = {"base": BASE, **specialists, "merge": MERGED}
        runs = {label: evaluate(hub, models[label]) for label in ("base", *specialists)}
        watch(progress, lambda: HubClient(url, token), {"merge": merge})
        step("evaluating all four on held-out items")
        runs["merge"] = evaluate(hub, f"run:{merge}")
        watch(progress, lambda: HubClient(url, token), runs)
        result = hub.run(merge).result or {}
        console.print()
        walk = ancestry(hub)
        console.print(draw(walk))
        rows = board(hub, models, runs)
        console.print()
        items = hub.get("/v1/results", model=MERGED)["items"][0]["count"]
        console.print(score_table(rows, SKILLS, items))
        console.print(f"[dim]output {result['output_digest']}[/]", highlight=False)
    claims = {skill: f"specialist {skill}" for skill in SKILLS}
    return walk["start"], failed_claims(rows, claims)


def farewell(model: str) -> None:
    """Print how to start the same hub again, and what to ask it."""
    console.print(
        f"""
Next steps:
  export MERGEHUB_DATA={_short(CACHE / "hub")} PATH={_short(Path(sys.prefix) / "bin")}:$PATH
  mergehub up --models {_short(CACHE / "models")} --models {_short(HERE)} \\
              --tasks {_short(HERE / "tasks")}
  mergehub board                       the leaderboard
  mergehub uplift {MERGED}   what the merge gained over each parent, paired by item
  http://127.0.0.1:8000/map?focus={model}
                                       the merge on the Merge Map
  http://127.0.0.1:8000/docs           every operation of its API
  README.md, docs/                     the documentation""",
        highlight=False,
        soft_wrap=True,
    )


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--picture", type=Path, help="write the demo's output to an SVG file")
    picture = parser.parse_args().picture
    started = time.monotonic()
    base = fetch_base(CACHE / "models", step)
    step("starting a hub: PostgreSQL, Valkey, three services, two workers")
    try:
        with running_hub(base.parent) as (url, token):
            step(f"ready at {url}")
            model, failed = demo(url, token)
    except (RunFailed, HubError) as error:
        console.print(f"[bold red]The demo failed:[/] {error}")
        return 1
    for claim in failed:
        console.print(f"[bold red]Not true:[/] {claim}")
    if failed:
        return 1
    console.print(f"\n[bold green]Done[/] in {time.monotonic() - started:.0f} s.", highlight=False)
    farewell(model)
    if picture:
        console.save_svg(str(picture), title="make demo")
    return 0


if __name__ == "__main__":
    sys.exit(main())
