"""Mutation run over the arithmetic of the merge methods: make mutants.

Each mutant changes an operator, number, comparison or name in a copy of the tree; the tests that
concern the file (`concern.json`) must then fail. `README.md` must explain each survivor, or the
run fails. Two slow things are left out: starting Python (each mutant is tested in a fork of a
process that has the libraries imported) and compiling the loop over a formula (Python runs it, to
the same bytes: `test_engine_plain.py`). Needs cosmic-ray in `.cache/mutants/tool`, apart from the
packages of the project, whose versions it does not change.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import time
from collections import Counter
from importlib import import_module
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # set before NumPy: threads do not survive a fork
REPOSITORY = Path(__file__).resolve().parents[2]
TREE = ("services/merge-worker", "shared", "docs", "conftest.py", "pyproject.toml")
ENGINE = Path("services/merge-worker/src/merge_worker/engine")
TESTS = Path("services/merge-worker/tests/engine")
LIBRARIES = (
    *("pytest", "pytest_asyncio", "hypothesis.strategies", "numba", "numpy", "safetensors", "yaml"),
    *(
        "asyncpg",
        "fastapi",
        "sqlalchemy",
        "uvicorn",
        "mergehub.hub.postgres",
        "mergehub.hub.valkey",
    ),
)
SECONDS, PAUSE = 120, 0.005

Outcome = tuple[str, str]
"""How a test run ended, and with which test."""


def tested(tree: Path, names: str, expression: str) -> Outcome:
    """The outcome of the tests, run in a fork with a time limit."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        os._exit(_test(tree, names, expression, writer))
    os.close(writer)
    for _ in range(int(SECONDS / PAUSE)):  # so that time does not count while everything is stopped
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        time.sleep(PAUSE)
    else:
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return "killed", "time limit"
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    if os.WIFSIGNALED(status):
        return "killed", f"signal {os.WTERMSIG(status)}"
    return ("survived", "") if os.WEXITSTATUS(status) == 0 else ("killed", said)


def _test(tree: Path, names: str, expression: str, writer: int) -> int:
    import pytest

    class Reporter:
        """Says which test failed first."""

        def pytest_sessionstart(self) -> None:
            _leave_formulas_to_python()

        def pytest_runtest_logreport(self, report: Any) -> None:
            if report.failed:
                os.write(writer, report.nodeid.rsplit("::", 1)[1].encode())

        def pytest_collectreport(self, report: Any) -> None:
            if report.failed:
                os.write(writer, b"import")

    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    paths = [str(TESTS / f"test_engine_{name}.py") for name in names.split()]
    options = ["-q", "-x", "--tb=no", "--assert=plain", f"--basetemp={tree}/.tmp"]
    return int(pytest.main([*options, "-k", expression, *paths], plugins=[Reporter()]))


def _leave_formulas_to_python() -> None:
    import numpy as np

    from merge_worker.engine.arithmetic import loop
    from merge_worker.engine.kernels import fill_kernel

    def uncompiled(formula: Any, has_base: bool, along: Any, facts: str, merge_facts: str) -> Any:
        by_python = fill_kernel.fill_loop(formula, has_base, along, facts.count("["))
        return np.errstate(all="ignore")(by_python)

    fill_kernel.fill_kernel = loop.fill_kernel = uncompiled


def prepare(folder: Path) -> Path:
    """A copy of the tree that imports come from, and the libraries imported."""
    tree = folder / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    for name in TREE:
        source, target = REPOSITORY / name, tree / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    paths = [str(tree / "services/merge-worker/src"), str(tree / "shared/src")]
    os.environ |= {"XDG_CACHE_HOME": str(folder / "cache"), "PYTHONPATH": os.pathsep.join(paths)}
    sys.path[:] = [*paths, *sys.path, str(folder / "tool")]
    os.chdir(tree)
    for name in LIBRARIES:
        import_module(name)
    assert not any(name.startswith("merge_worker") for name in sys.modules)
    return tree


def run(tree: Path, file: str, tests: list[str], done: dict[str, list[Any]]) -> list[list[Any]]:
    """Every mutant of a file (line, name, outcome, test); those already killed are not run."""
    from mutations import mutants

    path = tree / ENGINE / file
    source = path.read_text()
    sys.dont_write_bytecode = False
    outcome, said = tested(tree, *tests)
    if outcome != "survived":
        raise SystemExit(f"{file}: {said or 'a test'} fails without a mutant")
    sys.dont_write_bytecode = True
    Path(cache_from_source(str(path))).unlink(missing_ok=True)
    results = []
    numbers: Counter[str] = Counter()
    for mutant in mutants(source):
        numbers[mutant.name] += 1
        key = f"{file} {mutant.name} {numbers[mutant.name]}"
        if done.get(key, ["", "", ""])[2] != "killed":
            path.write_text(mutant.text)
            done[key] = [mutant.line, mutant.name, *tested(tree, *tests)]
            path.write_text(source)
            print(f"{file}:", *done[key], flush=True)
        results.append(done[key])
    return results


def main() -> int:
    """Run, print the table, fail if a survivor is not explained."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*", help="below the engine's folder; all by default")
    parser.add_argument("--again", action="store_true", help="only what survived the last run")
    parser.add_argument("--folder", type=Path, default=REPOSITORY / ".cache/mutants")
    options = parser.parse_args()
    folder = options.folder.resolve()
    concern = json.loads(Path(__file__).with_name("concern.json").read_text())
    kept = folder / "results.json"
    done = json.loads(kept.read_text()) if options.again and kept.is_file() else {}
    tree = prepare(folder)
    table, survivors = [], []
    for file in options.files or concern:
        results = run(tree, file, concern[file], done)
        kept.write_text(json.dumps(done))
        survived = [each for each in results if each[2] == "survived"]
        killed = len(results) - len(survived)
        table.append(f"| `{file}` | {len(results)} | {killed} | {len(survived)} |")
        survivors += [(f"{file}:{line}: {name}", name) for line, name, *_ in survived]
    explained = Path(__file__).with_name("README.md").read_text()
    unexplained = [place for place, name in survivors if name not in explained]
    print("| File | Mutants | Killed | Survived |\n|---|---|---|---|", *table, sep="\n")
    print("not explained:", len(unexplained), *unexplained, sep="\n")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
