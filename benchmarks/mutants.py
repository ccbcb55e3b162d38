"""Mutation run over the arithmetic of the merge methods: make mutants, or one file as an argument.

Each mutant changes one operator, number, comparison or name in a copy of the tree; the tests that
concern the file must then fail. What survives must be explained in `mutants.md`, or the run fails.
The mutants are cosmic-ray's, of which one to three stand for each operator; each is tested in a
fork of a process that has the libraries imported, because starting Python would take longest.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # set before NumPy: threads do not live through a fork
REPOSITORY = Path(__file__).resolve().parents[1]
TREE = ("services/merge-worker", "shared", "conftest.py", "pyproject.toml", "docs")
ENGINE = Path("services/merge-worker/src/merge_worker/engine")
TESTS = Path("services/merge-worker/tests/engine")
SECONDS = 120

MAP = json.loads(Path(__file__).with_suffix(".json").read_text())
"""For each file of the engine: the tests' files in order, and pytest's -k for them."""

BINARY = {
    "Add": ("Sub",),
    "Sub": ("Add",),
    "Mul": ("Div", "Add"),
    "Div": ("Mul",),
    "FloorDiv": ("Mul", "Mod"),
    "Mod": ("Mul",),
    "Pow": ("Mul",),
    "RShift": ("LShift",),
    "LShift": ("RShift",),
    "BitAnd": ("BitOr",),
    "BitOr": ("BitAnd",),
    "BitXor": ("BitOr", "BitAnd"),
}
COMPARISON = {
    "Lt": ("LtE", "Gt"),
    "LtE": ("Lt", "Gt"),
    "Gt": ("GtE", "Lt"),
    "GtE": ("Gt", "Lt"),
    "Eq": ("NotEq", "LtE", "GtE"),
    "NotEq": ("Eq",),
    "Is": ("IsNot",),
    "IsNot": ("Is",),
}
OPERATORS = (
    *(f"core/ReplaceBinaryOperator_{a}_{b}" for a, all_b in BINARY.items() for b in all_b),
    *(f"core/ReplaceComparisonOperator_{a}_{b}" for a, all_b in COMPARISON.items() for b in all_b),
    "core/ReplaceUnaryOperator_Delete_USub",
    "core/ReplaceUnaryOperator_Delete_Not",
    "core/ReplaceUnaryOperator_Delete_Invert",
    "core/ReplaceAndWithOr",
    "core/ReplaceOrWithAnd",
    "core/ReplaceTrueWithFalse",
    "core/ReplaceFalseWithTrue",
    "core/ReplaceBreakWithContinue",
    "core/AddNot",
    "core/NumberReplacer",
    "core/ZeroIterationForLoop",
    "own/ReplaceName",
)
NAMES = {
    "min": "max",
    "max": "min",
    "abs": "np.float32",
    "minimum": "maximum",
    "maximum": "minimum",
    "sin": "cos",
    "cos": "sin",
    "any": "all",
    "all": "any",
    "ones": "zeros",
    "isfinite": "isnan",
    "float32": "float64",
}


@dataclass(frozen=True)
class Mutant:
    """One change to one file."""

    file: str
    operator: str
    occurrence: int
    line: int
    before: str
    after: str
    text: str

    @property
    def name(self) -> str:
        """As survivors are named in `mutants.md`."""
        return f"`{self.before}` → `{self.after}`"


def mutants(file: str, source: str) -> Iterator[Mutant]:
    """All mutants of a file but those of texts and annotations, which do nothing when it runs."""
    import parso.python.tree  # noqa: F401 - cosmic-ray needs it imported first
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code

    skipped, original, seen = _annotations(source), ast.dump(ast.parse(source)), set[str]()
    for name in OPERATORS:
        operator = _operator(name)
        places = [
            p for node in ast_nodes(get_ast(source)) for p in operator.mutation_positions(node)
        ]
        for occurrence, ((line, column), _) in enumerate(places):
            if any(start <= (line, column) < stop for start, stop in skipped):
                continue
            text = mutate_code(source, operator, occurrence)
            try:
                dump = ast.dump(ast.parse(text))
            except SyntaxError:
                continue
            if dump == original or dump in seen:
                continue
            seen.add(dump)
            before, after = _difference(source, text)
            yield Mutant(file, name, occurrence, line, before, after, text)


def _difference(source: str, text: str) -> tuple[str, str]:
    pairs = zip(source.splitlines(), text.splitlines(), strict=True)
    changed = [(a.strip(), " ".join(b.split())) for a, b in pairs if a != b]
    return " ".join(a for a, _ in changed), " ".join(b for _, b in changed)


def _annotations(source: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    found: list[ast.expr | None] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            found.append(node.returns)
        if isinstance(node, ast.arg | ast.AnnAssign):
            found.append(node.annotation)
    return [
        ((n.lineno, n.col_offset), (n.end_lineno or 0, n.end_col_offset or 0)) for n in found if n
    ]


def _operator(name: str) -> Any:
    from cosmic_ray.operators.operator import Operator
    from cosmic_ray.plugins import get_operator
    from parso.python.tree import Name

    class ReplaceName(Operator):
        """Another function of the same arguments."""

        def mutation_positions(self, node: Any) -> Iterator[Any]:
            if isinstance(node, Name) and node.value in NAMES:
                yield node.start_pos, node.end_pos

        def mutate(self, node: Any, index: int) -> Any:
            return Name(NAMES[node.value], node.start_pos, node.prefix)

        @classmethod
        def examples(cls) -> tuple[()]:
            return ()

    return ReplaceName() if name == "own/ReplaceName" else get_operator(name)()


def tested(tree: Path, file: str) -> tuple[str, str]:
    """The first test that fails, or how the run ended; runs in a fork with its own time limit."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        os.close(reader)
        os._exit(_test(tree, file, writer))
    os.close(writer)
    limit, status = time.monotonic() + SECONDS, None
    while status is None:
        done, found = os.waitpid(child, os.WNOHANG)
        status = found if done else None
        if not done and time.monotonic() > limit:
            os.killpg(child, signal.SIGKILL)
            limit += SECONDS
        time.sleep(0.005)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    if os.WIFSIGNALED(status):
        return "killed", "timeout" if os.WTERMSIG(status) == signal.SIGKILL else "crash"
    return ("survived", "") if os.WEXITSTATUS(status) == 0 else ("killed", said)


def _test(tree: Path, file: str, writer: int) -> int:
    import pytest

    class Reporter:
        """Says which test failed first."""

        def pytest_runtest_logreport(self, report: Any) -> None:
            if report.failed:
                os.write(writer, report.nodeid.rsplit("::", 1)[1].encode())

        def pytest_collectreport(self, report: Any) -> None:
            if report.failed:
                os.write(writer, b"import")

    quiet = os.open(os.devnull, os.O_WRONLY)
    if not os.environ.get("MUTANTS_LOUD"):
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
    names, expression = MAP[file]
    paths = [str(TESTS / f"test_engine_{name}.py") for name in names.split()]
    options = ["-q", "-x", "--tb=short", "--assert=plain", f"--basetemp={tree}/.tmp"]
    return int(pytest.main([*options, "-k", expression, *paths], plugins=[Reporter()]))


def prepare(tree: Path) -> None:
    """A copy of the tree that imports come from, and the libraries imported."""
    shutil.rmtree(tree, ignore_errors=True)
    for name in TREE:
        source, target = REPOSITORY / name, tree / name
        target.parent.mkdir(parents=True, exist_ok=True)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, target, ignore=ignored) if source.is_dir() else shutil.copy(
            source, target
        )
    os.environ["XDG_CACHE_HOME"] = str(tree.parent / "cache")
    paths = [str(tree / "services/merge-worker/src"), str(tree / "shared/src")]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    sys.path[:0] = paths
    os.chdir(tree)
    import asyncpg, fastapi, hypothesis.strategies, numba, numpy, pytest, pytest_asyncio, safetensors, sqlalchemy, uvicorn, yaml  # noqa: E401, E501, F401, I001
    import mergehub.hub.postgres, mergehub.hub.valkey  # noqa: E401, F401

    assert not any(name.startswith("merge_worker") for name in sys.modules)


def run(tree: Path, file: str, done: dict[str, Any]) -> list[dict[str, Any]]:
    """Every mutant of a file, those already done as they were."""
    path = tree / ENGINE / file
    source = path.read_text()
    started = time.monotonic()
    outcome, said = tested(tree, file)
    if outcome != "survived":
        raise SystemExit(f"{file}: without a mutant {said} fails")
    print(f"{file}: tests pass in {time.monotonic() - started:.1f} s", flush=True)
    sys.dont_write_bytecode = True
    results = []
    for mutant in mutants(file, source):
        key = f"{file} {mutant.text}"
        if key not in done:
            started = time.monotonic()
            shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)
            path.write_text(mutant.text)
            outcome, said = tested(tree, file)
            path.write_text(source)
            seconds = round(time.monotonic() - started, 1)
            done[key] = asdict(mutant) | {"outcome": outcome, "by": said, "seconds": seconds}
            print(f"{outcome} {file}:{mutant.line} {mutant.name} [{said}] {seconds}", flush=True)
        results.append(done[key])
    sys.dont_write_bytecode = False
    return results


def main() -> int:
    """Run, print the table, fail if a survivor is not explained."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*", help="below the engine's folder; all by default")
    parser.add_argument("--folder", type=Path, default=REPOSITORY / ".cache/mutants")
    parser.add_argument("--count", action="store_true", help="only count")
    options = parser.parse_args()
    files = options.files or list(MAP)
    if options.count:
        for file in files:
            print(len(list(mutants(file, (REPOSITORY / ENGINE / file).read_text()))), file)
        return 0
    kept = options.folder.resolve() / "results.json"
    done = json.loads(kept.read_text()) if kept.is_file() else {}
    explained = Path(__file__).with_suffix(".md").read_text()
    prepare(options.folder.resolve() / "tree")
    table, open_ones = [], []
    for file in files:
        try:
            results = run(options.folder.resolve() / "tree", file, done)
        finally:
            kept.write_text(json.dumps(done))
        survived = [each for each in results if each["outcome"] == "survived"]
        table.append(
            f"| `{file}` | {len(results)} | {len(results) - len(survived)} | {len(survived)} |"
        )
        names = [(each["line"], f"`{each['before']}` → `{each['after']}`") for each in survived]
        open_ones += [f"{file}:{line} {name}" for line, name in names if name not in explained]
    print("| File | Mutants | Killed | Survived |\n|---|---|---|---|", *table, sep="\n")
    print(*(f"not explained: {each}" for each in open_ones), sep="\n")
    return 1 if open_ones else 0


if __name__ == "__main__":
    sys.exit(main())
