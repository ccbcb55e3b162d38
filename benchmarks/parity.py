"""The same recipes merged by mergehub and by mergekit, the outputs compared.

python benchmarks/parity.py [--only METHOD] [--table PATH]

Every method and parameter that mergekit knows, over small models; then the recipes of other people
in $MERGEHUB_REAL_DATA/recipes, if it is set. Writes the table and exits with 1 if anything differs
that is not documented.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from parity_cases import AFTER, CLOSE, cases
from parity_judge import Job, Judged, judge
from parity_models import CASE_SIZE, write_model
from parity_recipes import comparable, has_gradient, only_base, real_recipes, with_stand_ins
from parity_report import report
from peer import mergekit

from merge_worker.engine import EngineError, Sources, merge, plan_merge
from merge_worker.engine.methods import discover
from mergehub.recipe import RecipeError, parse_recipe

HERE = Path(__file__).parent
CACHE = HERE.parent / ".cache" / "bench"
SEED = 1


def case_jobs(folder: Path, only: str | None) -> Iterator[Job]:
    """Each case with output in float32 and, where nothing is drawn, in bfloat16."""
    for number, each in enumerate(cases()):
        if only not in (None, each.method) or each.method not in discover():
            continue
        for kind in each.models:
            write_model(folder / kind, kind, CASE_SIZE)
        seeded = _seeded(each.method)
        for out in ("float32",) if seeded else ("bfloat16", "float32"):
            document = {**each.recipe, "dtype": "float32", "out_dtype": out}
            key = f"case{number}-{out}"
            yield Job(key, each.method, each.label, document, each.documented, seeded)


def real_jobs(data: Path, folder: Path, only: str | None) -> Iterator[Job]:
    """The real recipes over small models."""
    for number, document in real_recipes(data / "recipes"):
        method = str(document.get("merge_method"))
        if only not in (None, method):
            continue
        small = comparable(with_stand_ins(document, folder), _rescales(method))
        known = CLOSE if method == "arcee_fusion" else AFTER if has_gradient(document) else ""
        yield Job(f"real{number}", method, number, small, known, _seeded(method), real=True)


def _seeded(method: str) -> bool:
    return method in discover() and discover()[method].spec.seeded


def _rescales(method: str) -> bool:
    return method in discover() and discover()[method].spec.parameter("rescale_norm") is not None


def merge_ours(document: dict[str, Any], folder: Path, out: Path) -> str | None:
    """Merge with mergehub; the error in one line if it refuses."""
    try:
        recipe = parse_recipe(yaml.safe_dump(document, sort_keys=False))
        merge(plan_merge(recipe, Sources(roots=(folder,)), seed=SEED), out)
    except (EngineError, RecipeError) as error:
        return " ".join(f"{type(error).__name__}: {error}".split())
    return None


def run(jobs: Sequence[Job], folder: Path, python: Path) -> tuple[list[Judged], dict[str, Any]]:
    """Merge all jobs with both programs at the same time, then compare."""
    todo = [[str(_recipe(job, folder)), str(job.theirs(folder))] for job in jobs]
    (folder / "jobs.json").write_text(json.dumps(todo))
    command = [python, HERE / "parity_peer.py", folder / "jobs.json", folder / "report.json"]
    quiet = {**os.environ, "TQDM_DISABLE": "1", "HF_HUB_OFFLINE": "1"}
    with subprocess.Popen(command, cwd=folder, env=quiet) as peer:
        refused = {job.key: merge_ours(job.document, folder, job.ours(folder)) for job in jobs}
        for job in jobs:
            if job.in_numbers and refused[job.key] is None:
                merge_ours(only_base(job.document), folder, job.base(folder))
    if peer.returncode:
        raise SystemExit(f"mergekit's driver ended with {peer.returncode}")
    found = json.loads((folder / "report.json").read_text())
    theirs = [found["errors"].get(out) for _, out in todo]
    judged = zip(jobs, theirs, strict=True)
    return [judge(job, (refused[job.key], error), folder) for job, error in judged], found


def _recipe(job: Job, folder: Path) -> Path:
    path = folder / "recipes" / f"{job.key}.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(job.document, sort_keys=False))
    return path


def untried(methods: dict[str, list[str]], jobs: Sequence[Job]) -> list[str]:
    """What mergekit knows and no case tries, as `method.parameter`."""
    tried = {(job.method, name) for job in jobs if not job.real for name in job.parameters}
    known = {(method, name) for method, names in methods.items() for name in names}
    return sorted(".".join(pair) for pair in known - tried)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="one method")
    parser.add_argument("--table", type=Path, default=HERE / "parity.md")
    options = parser.parse_args()
    python = mergekit(CACHE).with_name("python")
    data = os.environ.get("MERGEHUB_REAL_DATA")
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        folder = Path(work)
        jobs = list(case_jobs(folder, options.only))
        if data:
            jobs += real_jobs(Path(data).resolve(), folder, options.only)
        judged, found = run(jobs, folder, python)
    missing = [] if options.only else untried(found["methods"], jobs)
    options.table.write_text(report(judged, found, missing))
    wrong = [each for each in judged if each.verdict == "differs"]
    for each in wrong:
        print(f"{each.job.method}, {each.job.label}: {each.note}", file=sys.stderr)
    print(f"{len(judged)} merges compared, {len(wrong)} differ; see {options.table}")
    return 1 if wrong or missing else 0


if __name__ == "__main__":
    sys.exit(main())
