"""Listing, reading, pinning and deleting the models of runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.database import now
from mergehub.kit.identity.tokens import Principal, Viewer
from mergehub.kit.paging.pages import PageRequest
from registry.accounts.access import check_may
from registry.actor import Actor
from registry.artifacts import repository
from registry.artifacts.collecting.needs import needing
from registry.artifacts.errors import (
    ArtifactGone,
    ArtifactNeeded,
    ArtifactNotFound,
    FileNotFound,
)
from registry.artifacts.repository import ArtifactFilter
from registry.artifacts.schemas import Artifact, ArtifactFile, ArtifactFiles, ArtifactPage
from registry.audit.actions import Action
from registry.audit.service import audit
from registry.stored.holding import stay
from registry.stored.models import HELD, ArtifactRow, FileRow

LOCK, MANIFEST = "mergehub.lock.json", "manifest.json"
PROVENANCE = "provenance.intoto.jsonl"
MEDIA_TYPES = {
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
BY_HAND = "Its owner deleted it."


async def page(
    session: AsyncSession, wanted: ArtifactFilter, viewer: Viewer, asked: PageRequest
) -> ArtifactPage:
    """A page of models, newest first."""
    before = asked.after(datetime, UUID)
    found = await repository.page(session, wanted, viewer, before, asked.rows)
    rows, next_cursor = asked.cut(found, lambda row: (row.created_at, row.run))
    return ArtifactPage(items=list(map(Artifact.model_validate, rows)), next_cursor=next_cursor)


async def find(session: AsyncSession, run_id: UUID, viewer: Viewer) -> ArtifactFiles:
    """A model with its files. Raises ArtifactNotFound and ArtifactGone."""
    row = await _held(session, run_id, viewer)
    files = await repository.files(session, run_id)
    names = {each.name for each in files}
    return ArtifactFiles(
        **Artifact.model_validate(row).model_dump(),
        files=list(map(_shown, files)),
        lock=LOCK if LOCK in names else None,
        manifest=MANIFEST if MANIFEST in names else None,
        provenance=PROVENANCE if PROVENANCE in names else None,
    )


async def find_file(session: AsyncSession, run_id: UUID, name: str, viewer: Viewer) -> FileRow:
    """A file of a model. Raises ArtifactNotFound, ArtifactGone and FileNotFound."""
    row = await _held(session, run_id, viewer)
    found = await repository.file(session, run_id, name)
    if found is None:
        unread = "" if row.size is not None else " The hub has not read the names of its files yet."
        raise FileNotFound(f"The model of run {run_id} has no file {name}.{unread}")
    return found


async def pin(session: AsyncSession, actor: Actor, run_id: UUID, *, pinned: bool) -> Artifact:
    """Keep a model whatever the rules say, or no longer. Raises what `_locked` raises."""
    row = await _locked(session, actor.who, run_id)
    if row.pinned != pinned:
        row.pinned = pinned
        if pinned:
            stay(row)
        await session.flush()
        action: Action = "artifact.pinned" if pinned else "artifact.unpinned"
        await audit(session, actor, action, f"artifacts/{run_id}")
    return await _now(session, run_id, actor.who)


async def delete(session: AsyncSession, actor: Actor, run_id: UUID) -> Artifact:
    """Have a model deleted soon; until then a new run may still use it, and so keep it.

    Raises ArtifactNeeded if something needs it, and what `_locked` raises.
    """
    row = await _locked(session, actor.who, run_id)
    reasons = await needing(session, run_id, actor.who)
    if row.pinned:
        reasons.append("It is pinned.")
    if reasons:
        raise ArtifactNeeded(f"The model of run {run_id} is needed. {' '.join(reasons)}")
    if row.state == "stored":
        row.state, row.why, row.marked_at = "leaving", BY_HAND, await now(session)
        await session.flush()
        await audit(session, actor, "artifact.deleted", f"artifacts/{run_id}")
    return await _now(session, run_id, actor.who)


def media_type(name: str) -> str:
    """The media type of a file, by its suffix."""
    return MEDIA_TYPES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")


async def _held(session: AsyncSession, run_id: UUID, viewer: Viewer) -> Row[Any]:
    row = await repository.find(session, run_id, viewer)
    if row is None:
        raise _missing(run_id)
    if row.state not in HELD:
        raise gone(run_id, row.why, row.marked_at)
    return row


async def _locked(session: AsyncSession, who: Principal, run_id: UUID) -> ArtifactRow:
    """The row of a model that `who` may change.

    Raises ArtifactNotFound, ArtifactGone and NotYours.
    """
    await _held(session, run_id, who)
    row = await repository.lock(session, run_id)
    if row is None:
        raise _missing(run_id)
    await check_may(session, who, row.owner)
    if row.state not in HELD:
        raise gone(run_id, row.why, row.marked_at)
    return row


async def _now(session: AsyncSession, run_id: UUID, who: Principal) -> Artifact:
    found: Sequence[Any] | None = await repository.find(session, run_id, who)
    return Artifact.model_validate(found)


def gone(run_id: UUID, why: str | None, when: datetime | None) -> ArtifactGone:
    """The problem of a model that was deleted."""
    since = f" on {when:%Y-%m-%d}" if when else ""
    return ArtifactGone(f"The model of run {run_id} was deleted{since}. {why or ''}".rstrip())


def _missing(run_id: UUID) -> ArtifactNotFound:
    return ArtifactNotFound(f"There is no model of a run {run_id}.")


def _shown(row: FileRow) -> ArtifactFile:
    return ArtifactFile(
        name=row.name, size=row.size, sha256=row.sha256, media_type=media_type(row.name)
    )
