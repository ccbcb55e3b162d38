"""The harness's own tasks, on workers whose operator allows them by name.

Their configuration and their few functions are part of the installed harness; their data come from
the Hugging Face Hub. Nothing that is downloaded is run.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from merge_worker.evaluate.errors import TaskError

ONLINE: Final = {
    "HF_EVALUATE_OFFLINE": "1",  # metrics of that library are programs from the Hub
    "HF_ALLOW_CODE_EVAL": "0",
    "HF_DATASETS_TRUST_REMOTE_CODE": "0",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
"""What the libraries are told if a run may download data."""
IMAGES_AND_SOUND: Final = ("doc_to_image", "doc_to_audio")


@dataclass(frozen=True)
class OwnTask:
    """A task of the harness whose data are on this machine now."""

    name: str
    config: Mapping[str, Any]
    folder: Path

    @property
    def version(self) -> str:
        """The harness's own number of the task."""
        return str((self.config.get("metadata") or {}).get("version", "0"))

    @property
    def shots(self) -> int:
        """How many examples a question is shown after."""
        return int(self.config.get("num_fewshot") or 0)

    @cached_property
    def digest(self) -> str:
        """A digest of the configuration and of every item. Raises TaskError if none can be had."""
        task = self.build()
        examples = list(task.fewshot_docs()) if self.shots else []
        # Functions are named by their paths on this machine.
        whole = hashlib.sha256(_canonical(self.config).replace(bytes(self.folder), b""))
        for item in (*task.eval_docs, *examples):
            whole.update(_canonical(item) + b"\n")
        return whole.hexdigest()

    def build(self) -> Any:
        """The harness's task, with its data. Raises TaskError if they cannot be had."""
        try:
            return _manager(self.folder).load([self.name])["tasks"][self.name]
        except Exception as error:
            raise TaskError(
                f"The data of {self.name} cannot be fetched: {type(error).__name__}: {error}. The "
                "worker needs the Hugging Face Hub (HF_ENDPOINT, HTTPS_PROXY), or the data in its "
                "cache (HF_HOME)."
            ) from error


def own_task(name: str, allowed: Sequence[str]) -> OwnTask | None:
    """The harness's task of that name, or None if the operator does not allow it.

    Raises:
        TaskError: there is no such task, or it would run code, or needs more than text.
    """
    if name not in allowed:
        return None
    folder = _folder(name)
    entry = _manager(folder).task_index.get(name)
    if entry is None:
        raise TaskError(f"lm-evaluation-harness has no task {name!r}.")
    if entry.kind.name != "TASK":
        raise TaskError(
            f"{name} is a {entry.kind.name.lower().replace('_', ' ')} of the harness, not a single "
            "task in YAML: name its tasks one by one."
        )
    _check(name, entry.cfg or {})
    return OwnTask(name, dict(entry.cfg or {}), folder)


def _check(name: str, config: Mapping[str, Any]) -> None:
    """Refuse what runs code from elsewhere, or the answers of the model."""
    metrics = [each for each in config.get("metric_list") or () if isinstance(each, dict)]
    if config.get("unsafe_code"):
        raise TaskError(f"{name} runs the code that models write; a worker does not do that.")
    if (config.get("dataset_kwargs") or {}).get("trust_remote_code"):
        raise TaskError(f"{name} needs a program from the Hub to read its data (remote code).")
    if any(each.get("hf_evaluate") for each in metrics):
        raise TaskError(f"{name} has a metric that is a program from the Hub (hf_evaluate).")
    if any(config.get(field) for field in IMAGES_AND_SOUND):
        raise TaskError(f"{name} has images or sound; a worker evaluates models of text.")


def _folder(name: str) -> Path:
    """The folder of the task's file. The harness's own index of 15,000 files takes long.

    Most files are named for their task; otherwise a line of the file names it.
    """
    found = find_spec("lm_eval")
    assert found is not None
    assert found.origin is not None
    files = list((Path(found.origin).parent / "tasks").rglob("*.yaml"))
    line = re.compile(rb"""^(task|group): *["']?%s["']? *$""" % re.escape(name.encode()), re.M)
    files.sort(key=lambda path: path.stem.removeprefix("_") != name)
    for path in files:
        if line.search(path.read_bytes()):
            return path.parent
    raise TaskError(f"lm-evaluation-harness has no task {name!r}.")


def _manager(folder: Path) -> Any:
    from lm_eval.tasks import TaskManager

    return TaskManager(include_path=str(folder), include_defaults=False)


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=repr).encode()
