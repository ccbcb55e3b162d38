"""Runs whose models are stored, for tests of artifacts."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from stored_models import made

from mergehub.artifacts import ArtifactStore

Json = dict[str, Any]
FILES = {
    "README.md": b"# A model\n",
    "config.json": b'{"model_type": "llama"}',
    "manifest.json": b"{}",
    "mergehub.lock.json": b"{}",
    "model.safetensors": os.urandom(3_000_000),
    "original/t\u00f6kenizer.model": b"",
}


def listed(files: dict[str, bytes] = FILES) -> Json:
    """The files as a worker reports them."""
    return {
        name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in files.items()
    }


class Runs:
    """Submits merges and reports that they succeeded."""

    def __init__(
        self,
        submit: Callable[..., Awaitable[Json]],
        claim: Callable[..., Awaitable[Json]],
        report: Callable[..., Awaitable[Any]],
        merged: Json,
    ) -> None:
        self._submit, self._claim, self._report, self._merged = submit, claim, report, merged

    async def queued(self, **fields: Any) -> Json:
        return await self._submit(**fields)

    async def finish(self, run: Json, files: dict[str, bytes] | None = FILES) -> None:
        """Report a success; without `files`, as a worker of the release before."""
        told = {} if files is None else {"files": listed(files)}
        answer = await self._report(await self._claim(run), result=self._merged | told)
        assert answer.status_code == 200, answer.text

    async def merged(self, files: dict[str, bytes] | None = FILES, **fields: Any) -> str:
        """The id of a run that has succeeded."""
        run = await self.queued(**fields)
        await self.finish(run, files)
        return str(run["id"])


def put(store: ArtifactStore, run: str, files: dict[str, bytes] = FILES) -> None:
    """Store the model of a run, as its worker does."""
    store.put(made(store, UUID(run), files), 1)
