"""The folder of models and tasks that hubs of the tests work with."""

from __future__ import annotations

import shutil
from pathlib import Path

from made_once import made_once

HERE = Path(__file__).parent
SOURCES = [HERE / "tiny.py", HERE / "tiny_task.py", HERE.parent / "constraints.txt"]


def copy_models(root: Path) -> None:
    """Fill `root` with the models, the adapter and the tasks of `tiny.write_all`."""
    shutil.copytree(made_once("tiny-models", SOURCES, _write), root, dirs_exist_ok=True)


def _write(folder: Path) -> None:
    import tiny  # PyTorch takes seconds to import

    tiny.write_all(folder)
