"""Notes the model of a run that has succeeded, with its files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.provenance.files import FileDigest
from registry.stored.models import ArtifactRow, FileRow


async def keep(
    session: AsyncSession,
    run_id: UUID,
    owner: str,
    made_at: datetime,
    files: Mapping[str, FileDigest] | None,
) -> None:
    """Note a model; an older worker does not report its files, which are read later."""
    row = ArtifactRow(run_id=run_id, owner=owner, created_at=made_at)
    session.add(row)
    await session.flush()
    if files is not None:
        await note_files(session, row, files)


async def note_files(
    session: AsyncSession, row: ArtifactRow, files: Mapping[str, FileDigest]
) -> None:
    """Note the files of a model, which has none yet."""
    row.size = sum(file.size for file in files.values())
    rows = [
        {"run_id": row.run_id, "name": name, "size": file.size, "sha256": file.sha256}
        for name, file in sorted(files.items())
    ]
    await session.execute(insert(FileRow), rows)
