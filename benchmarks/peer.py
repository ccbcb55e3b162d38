"""mergekit in a virtual environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path


def mergekit(folder: Path) -> Path:
    """The peer's command, installed below `folder` at its newest release unless it is there."""
    command = folder / "mergekit" / "bin" / "mergekit-yaml"
    if not command.exists():
        print("Installing mergekit into its own environment …", file=sys.stderr)
        venv.create(folder / "mergekit", with_pip=False)
        uv = Path(sys.prefix) / "bin" / "uv"
        python = command.with_name("python")
        env = dict(os.environ)
        if links := env.get("PIP_FIND_LINKS"):
            env.setdefault("UV_FIND_LINKS", links)
        subprocess.run(
            [uv, "pip", "install", "--quiet", "--python", python, "mergekit", "torch==2.13.0"],
            check=True,
            env=env,
        )
    return command
