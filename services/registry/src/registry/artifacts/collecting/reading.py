"""Notes the models of runs that older programs stored, and their files."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import exists, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.artifacts import Record
from mergehub.contracts.kinds import MAKERS
from mergehub.contracts.provenance.files import FileDigest
from mergehub.contracts.runs import RunState
from registry.artifacts import repository
from registry.runs.models import RunRow
from registry.stored.keeping import note_files
from registry.stored.models import HELD, ArtifactRow

AT_ONCE = 1000
MOST_READ = 20


async def note_earlier(session: AsyncSession) -> int:
    """Add the rows of models that a registry without this table noted; returns how many."""
    made = RunRow.kind.in_(MAKERS), RunRow.state == RunState.SUCCEEDED
    unknown = ~exists().where(ArtifactRow.run_id == RunRow.id)
    runs = select(RunRow.id, RunRow.owner, literal("stored"), RunRow.finished_at)
    some = runs.where(*made, unknown, RunRow.finished_at.is_not(None)).limit(AT_ONCE)
    columns = ["run_id", "owner", "state", "created_at"]
    added = insert(ArtifactRow).from_select(columns, some).returning(ArtifactRow.run_id)
    return len((await session.scalars(added)).all())


async def unread(session: AsyncSession) -> Sequence[UUID]:
    """Some models whose files are not known; not always the same, since some may be lost."""
    query = select(ArtifactRow.run_id).where(
        ArtifactRow.size.is_(None), ArtifactRow.state.in_(HELD)
    )
    return (await session.scalars(query.order_by(func.random()).limit(MOST_READ))).all()


async def note(session: AsyncSession, record: Record) -> None:
    """Note the files of a model, unless another process has done so."""
    row = await repository.lock(session, record.run)
    if row is not None and row.size is None and row.state in HELD:
        files = {
            name: FileDigest(size=file.bytes, sha256=file.sha256)
            for name, file in record.files.items()
        }
        await note_files(session, row, files)
