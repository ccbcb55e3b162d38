"""Models in a store of models, for its tests."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from mergehub.artifacts import ArtifactStore

FILES = {
    "config.json": b'{"model_type": "llama"}',
    "manifest.json": b'{"output_digest": "sha256:0"}',
    "model.safetensors": bytes(range(256)) * 400,
    "original/tokenizer.model": b"",
}


def made(store: ArtifactStore, run: UUID, files: dict[str, bytes] = FILES) -> UUID:
    """Complete a model in its local folder, as an attempt does."""
    folder = store.local(run)
    partial = folder.with_name(f"{run}.partial")
    for name, content in files.items():
        (partial / name).parent.mkdir(parents=True, exist_ok=True)
        (partial / name).write_bytes(content)
    partial.rename(folder)
    return run


def contents(folder: Path) -> dict[str, bytes]:
    """Every file in a folder."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
