"""The lock and the manifest of a merge: checked, compressed, and read again."""

from __future__ import annotations

import asyncio
import json
import zlib
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.kinds.merge import LARGEST_LOCK, MergeResult
from mergehub.contracts.provenance.tensors import Tensors, digests_of
from mergehub.recipe import Lock
from mergehub.recipe.lock import canonical_lock, lock_digest
from mergehub.recipe.reproducing.outputs import output_digest
from registry.runs.errors import ReportInvalid
from registry.runs.reproductions.models import LockRow

_TENSORS: TypeAdapter[Tensors] = TypeAdapter(Tensors)


async def keep(session: AsyncSession, run_id: UUID, result: MergeResult) -> None:
    """Keep what the worker of a merge reported; an older worker reports neither.

    Raises ReportInvalid unless lock and manifest have the digests that the report states.
    """
    if result.lock is not None and result.manifest is not None:
        packed = await asyncio.to_thread(_packed, result.lock, result.manifest, result)
        session.add(LockRow(run_id=run_id, digest=result.lock_digest, **packed))


async def find(session: AsyncSession, run_id: UUID) -> tuple[Lock, Tensors] | None:
    """The lock and the manifest of a merge, if they are known."""
    row = await session.get(LockRow, run_id)
    return await asyncio.to_thread(_unpacked, row) if row else None


async def text_of_lock(row: LockRow) -> bytes:
    """The lock as canonical JSON."""
    return await asyncio.to_thread(zlib.decompress, row.lock)


async def text_of_manifest(row: LockRow) -> bytes:
    """The manifest as JSON."""
    return await asyncio.to_thread(zlib.decompress, row.manifest)


def _packed(lock: Lock, manifest: Tensors, result: MergeResult) -> dict[str, bytes]:
    if lock_digest(lock) != result.lock_digest:
        raise ReportInvalid("The lock has another digest than the report states.")
    if output_digest(digests_of(manifest)) != result.output_digest:
        raise ReportInvalid("The manifest's tensors have another digest than the report states.")
    text = canonical_lock(lock)
    if len(text) > LARGEST_LOCK:
        raise ReportInvalid(f"A lock may have at most {LARGEST_LOCK} bytes.")
    tensors = _TENSORS.dump_json(manifest)
    return {"lock": zlib.compress(text), "manifest": zlib.compress(tensors)}


def _unpacked(row: LockRow) -> tuple[Lock, Tensors]:
    lock = Lock.model_validate_json(zlib.decompress(row.lock))
    return lock, _TENSORS.validate_python(json.loads(zlib.decompress(row.manifest)))
