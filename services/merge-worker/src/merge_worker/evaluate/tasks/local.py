"""Local tasks: YAML for lm-evaluation-harness that can neither run code nor reach other files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rfc8785
import yaml

from merge_worker.evaluate.errors import TaskError

from . import allowed
from .rows import read_rows

# The harness itself renders these, outside the sandbox.
PLAIN_TEXTS = ("description", "gen_prefix")
TEMPLATE_MARKS = ("{{", "{%", "{#")
VERSION_DIGITS = 16


@dataclass(frozen=True)
class LocalTask:
    """A checked task: its configuration for the harness, its rows by split, the digest of both."""

    name: str
    config: Mapping[str, Any]
    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    digest: str

    @property
    def version(self) -> str:
        """The beginning of the digest."""
        return self.digest[:VERSION_DIGITS]

    @property
    def shots(self) -> int:
        return int(self.config.get("num_fewshot") or 0)


def load_task(name: str, roots: Sequence[Path], own: Sequence[str] = ()) -> LocalTask:
    """Find `<root>/<name>.yaml` under the first root that has it, check it, and read its rows.

    The version is a digest of the configuration and of every data file, so it changes whenever
    scores stop being comparable.

    Raises:
        TaskError: it does not exist, asks for something forbidden, or its data cannot be read.
    """
    path, root = _find(name, roots, own)
    config = _read(path, name)
    _check(config, name)
    files = dict(_data_files(config, path.parent, root.resolve(), name))
    digests = {split: [_sha256(file) for file in found] for split, found in files.items()}
    canonical = rfc8785.dumps({"config": config, "data": digests})
    rows = {
        split: [row for file in found for row in read_rows(file)] for split, found in files.items()
    }
    return LocalTask(name, config, rows, hashlib.sha256(canonical).hexdigest())


def inside_root(root: Path, name: str) -> Path | None:
    """The real path of the task's file in a root, or None."""
    path = (root / f"{name}.yaml").resolve()
    return path if path.is_relative_to(root.resolve()) and path.is_file() else None


def _find(name: str, roots: Sequence[Path], own: Sequence[str]) -> tuple[Path, Path]:
    for root in roots:
        if path := inside_root(root, name):
            return path, root
    known = sorted({path.stem for root in roots for path in root.glob("*.yaml")} | set(own))
    raise TaskError(
        f"There is no benchmark {name!r} on this worker; it has: {', '.join(known) or 'none'}. "
        "A benchmark is a file <name>.yaml in one of MERGEHUB_TASK_ROOTS, or a task of the harness "
        "that MERGEHUB_HARNESS_TASKS names."
    )


def _read(path: Path, name: str) -> dict[str, Any]:
    try:
        config = yaml.safe_load(path.read_bytes())
    except yaml.constructor.ConstructorError as error:
        raise TaskError(
            f"{name}: {error.problem}. Tags such as !function load Python code, which a local "
            "task must not do: name columns, or write templates."
        ) from None
    except yaml.YAMLError as error:
        raise TaskError(f"{name} cannot be read as YAML: {error}") from None
    if not isinstance(config, dict):
        raise TaskError(f"{name}: a task must be a mapping of fields to values.")
    return config


def _check(config: Mapping[str, Any], name: str) -> None:
    """Refuse every field that is not known to be safe."""
    _only(config, allowed.TASK, name, "task")
    _only(config.get("fewshot_config"), allowed.FEWSHOT, name, "fewshot_config")
    _only(config.get("generation_kwargs"), allowed.GENERATION, name, "generation_kwargs")
    for metric in config.get("metric_list") or ():
        _only(metric, allowed.METRIC, name, "metric_list")
    if config.get("dataset_path") != "json":
        raise TaskError(
            f"{name}: dataset_path is {config.get('dataset_path')!r}; a local task reads its own "
            "files: write `dataset_path: json` and list them in dataset_kwargs.data_files."
        )
    for part in (config, config.get("fewshot_config") or {}):
        _no_templates(part, name)


def _no_templates(part: Mapping[str, Any], name: str) -> None:
    for field in PLAIN_TEXTS:
        text = str(part.get(field) or "")
        if any(mark in text for mark in TEMPLATE_MARKS):
            raise TaskError(
                f"{name}: {field} must not be a template; put the text into doc_to_text."
            )


def _only(part: Any, fields: frozenset[str], name: str, where: str) -> None:
    if part is None:
        return
    if not isinstance(part, dict):
        raise TaskError(f"{name}: {where} must be a mapping of fields to values, not {part!r}.")
    if foreign := sorted(str(field) for field in part if field not in fields):
        raise TaskError(
            f"{name}: {', '.join(foreign)} is not allowed in {where}, since it could run code or "
            f"reach other files than the task's own; allowed are {', '.join(sorted(fields))}."
        )


def _data_files(
    config: Mapping[str, Any], folder: Path, root: Path, name: str
) -> Iterator[tuple[str, list[Path]]]:
    kwargs = config.get("dataset_kwargs")
    _only(kwargs, allowed.DATASET, name, "dataset_kwargs")
    files = (kwargs or {}).get("data_files")
    if not isinstance(files, dict) or not files:
        raise TaskError(f"{name}: dataset_kwargs.data_files must map each split to its file.")
    for split, named in files.items():
        listed = named if isinstance(named, list) else [named]
        yield str(split), [_inside(folder / str(each), root, name) for each in listed]


def _inside(path: Path, root: Path, name: str) -> Path:
    """The real path of a data file, which must be under the root of its task."""
    real = path.resolve()
    if not real.is_relative_to(root):
        raise TaskError(f"{name}: the data file {path} is outside the task root {root}.")
    if not real.is_file():
        raise TaskError(f"{name}: the data file {path} does not exist.")
    return real


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
