"""Measure evaluations beside the `lm_eval` command, and merges scored from memory.

python -m benchmarks.evaluation [--items 40] [--rounds 3] [--threads 1]

The model is SmolLM2-135M-Instruct, which the first run fetches (93 MB); the questions come from
MERGEHUB_REAL_DATA. The programs take turns, so that other work on the machine meets all of them.
The exit status is 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from benchmarks.evaluation.programs import BATCH, Outcome, Programs
from benchmarks.evaluation.table import IMPORT, INDEX, Times, show
from benchmarks.evaluation.task import write_task
from mergehub.recipe import parse_recipe, to_yaml
from mergehub.recipe.leaving_out import each_left_out

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "examples" / "demo"
CACHE = ROOT / ".cache" / "bench"
READ_IMPORT = "import lm_eval.tasks"
READ_INDEX = f"{READ_IMPORT}; lm_eval.tasks.TaskManager()"
"""What the command does first: it reads the files of all tasks."""


def main() -> int:
    options = _options()
    data = os.environ.get("MERGEHUB_REAL_DATA")
    if not data:
        print("Set MERGEHUB_REAL_DATA to the folder with eval/arc_challenge_test_full.jsonl.")
        return 2
    sys.path.insert(0, str(DEMO))
    from base_model import fetch_base

    base = fetch_base(CACHE / "models")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        folder = Path(work)
        (folder / "tasks").mkdir()
        write_task(Path(data), folder / "tasks", options.items)
        programs = Programs((base.parent, DEMO), folder / "tasks", folder, options.threads)
        cpu: Times = {}
        wall: Times = {}
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
            Round(programs, base, folder, cpu, wall).run()
    print(f"\n{options.items} questions of four choices, SmolLM2-135M in float32, "
          f"{options.threads} thread(s), medians of {options.rounds} rounds.\n")  # fmt: skip
    return 1 if show(cpu, wall) else 0


class Round:
    """One turn of every program; notes the seconds of CPU and of the clock."""

    def __init__(
        self, programs: Programs, base: Path, folder: Path, cpu: Times, wall: Times
    ) -> None:
        self._programs, self._base, self._folder = programs, base, folder
        self._cpu, self._wall = cpu, wall
        self._recipe = (DEMO / "merge.yml").read_text()

    def run(self) -> None:
        """Evaluate the base, then the merge, then three candidates, each in every way."""
        ours = self._timed("evaluate", lambda: self._programs.evaluate(self._base.name))
        theirs = self._timed("lm_eval", lambda: self._programs.lm_eval(self._base, BATCH))
        if ours.found["results"][0]["value"] != theirs.found["acc,none"]:
            raise RuntimeError(f"{ours.found['results']} is not {theirs.found['acc,none']}")
        self._timed(INDEX, lambda: self._programs.python(READ_INDEX))
        self._timed(IMPORT, lambda: self._programs.python(READ_IMPORT))
        memory = self._timed("in memory", lambda: self._programs.evaluate_recipe(self._recipe))
        written = self._both("written", self._recipe)
        if memory.found["model_digest"] != written:
            raise RuntimeError("The merge in memory is not the one on disk.")
        self._timed("ablation in memory", lambda: self._programs.ablate(self._recipe))
        whole = parse_recipe(self._recipe)
        recipes = [whole, *(each.recipe for each in each_left_out(whole) if each.recipe)]
        for recipe in recipes:
            self._both("ablation written", to_yaml(recipe), add=recipe is not whole)

    def _both(self, name: str, recipe: str, *, add: bool = False) -> str:
        """Merge to disk, then evaluate: by a run of ours, and by the command."""
        run = uuid4()
        merged = self._programs.merge(recipe, run)
        folder = self._folder / "artifacts" / "runs" / str(run)
        ours = self._programs.evaluate("written", {"written": run})
        theirs = self._programs.lm_eval(folder, BATCH)
        for how, evaluated in (("evaluate", ours), ("lm_eval", theirs)):
            self._note(f"{name}, then {how}", merged, evaluated, add=add)
        shutil.rmtree(folder)
        return str(merged.found["output_digest"])

    def _timed(self, name: str, do: Callable[[], Outcome]) -> Outcome:
        outcome = do()
        self._note(name, outcome)
        return outcome

    def _note(self, name: str, *outcomes: Outcome, add: bool = False) -> None:
        for times, field in ((self._cpu, "cpu"), (self._wall, "wall")):
            took = sum(getattr(each.took, field) for each in outcomes)
            noted = times.setdefault(name, [])
            if add:
                noted[-1] += took
            else:
                noted.append(took)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--items", type=int, choices=range(1, 1166), metavar="N", default=40)
    parser.add_argument("--rounds", type=int, choices=range(1, 100), metavar="N", default=3)
    parser.add_argument("--threads", type=int, choices=range(1, 65), metavar="N", default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
