"""Recording and reading what became of verifications, and reading locks."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.kinds.verify import VerifyResult, VerifySpec
from mergehub.contracts.provenance.settings import MergeSetting
from mergehub.kit.identity.tokens import Viewer
from mergehub.kit.paging.pages import PageRequest
from mergehub.recipe import Lock
from registry.changes import noted
from registry.recipes import service as recipes
from registry.runs import repository as runs
from registry.runs.errors import LockNotFound, RunNotFound
from registry.runs.models import RunRow
from registry.runs.reproductions import repository
from registry.runs.reproductions.locks import text_of_lock, text_of_manifest
from registry.runs.reproductions.models import LockRow, ReproductionRow
from registry.runs.reproductions.schemas import Reproduction, ReproductionPage, RunLock

LISTED = 5
"""How many differences a reproduction in a list has."""


async def lock(session: AsyncSession, run_id: UUID, viewer: Viewer) -> RunLock:
    """The lock of a merge run. Raises RunNotFound and LockNotFound."""
    row = await _found(session, run_id, viewer)
    text = await text_of_lock(row)
    return RunLock(run=run_id, digest=row.digest, lock=Lock.model_validate_json(text))


async def tensors(session: AsyncSession, run_id: UUID, viewer: Viewer) -> bytes:
    """The text of `RunTensors` for a merge run. Raises RunNotFound and LockNotFound.

    A manifest may have a hundred thousand entries, and is stored as they are sent.
    """
    row = await _found(session, run_id, viewer)
    run = await session.get_one(RunRow, run_id)
    digest = (run.result or {})["output_digest"]
    head = f'{{"run":"{run_id}","output_digest":"{digest}","tensors":'
    return head.encode() + await text_of_manifest(row) + b"}"


async def page(
    session: AsyncSession, recipe_id: UUID, viewer: Viewer, asked: PageRequest
) -> ReproductionPage:
    """A page of the reproductions of a recipe, newest first. Raises RecipeNotFound."""
    before = asked.after(datetime, UUID)
    await recipes.find(session, recipe_id, viewer)
    found = await repository.page(session, recipe_id, viewer, before, asked.rows)
    rows, next_cursor = asked.cut(found, lambda row: (row.created_at, row.run_id))
    return ReproductionPage(items=list(map(_shown, rows)), next_cursor=next_cursor)


async def record(
    session: AsyncSession, run: RunRow, spec: VerifySpec, result: VerifyResult
) -> None:
    """Record a verification of a merge by a published recipe, which is locked.

    The counter of the recipe has one of each account that is not of the merge's own, and none that
    is private.
    """
    if spec.recipe_version is None:
        return
    version = await repository.version(session, spec.recipe_version)
    if version is None:
        return
    recipe, counts = version.recipe_id, result.same and spec.independent and not run.private_to
    counted = counts and not await repository.is_counted(session, recipe, run.owner)
    row = ReproductionRow(
        run_id=run.id,
        merge_id=spec.run,
        version_id=version.id,
        recipe_id=recipe,
        owner=run.owner,
        same=result.same,
        counted=counted,
    )
    session.add(row)
    if counted:
        await repository.count_one(session, recipe)
        await noted(session, recipe)


async def _found(session: AsyncSession, run_id: UUID, viewer: Viewer) -> LockRow:
    row = await repository.lock(session, run_id, viewer)
    if row is not None:
        return row
    if await runs.find(session, run_id, viewer) is None:
        raise RunNotFound(f"There is no run {run_id}.")
    raise LockNotFound(f"The run {run_id} has no lock.")


def _shown(row: Row[Any]) -> Reproduction:
    result = VerifyResult.model_validate(row.result)
    return Reproduction(
        run=row.run_id,
        owner=row.owner,
        independent=row.independent,
        worker=row.worker,
        finished_at=row.finished_at,
        merge=row.merge_id,
        merge_owner=row.merge_owner,
        model_name=row.model_name,
        version=row.number,
        same=result.same,
        tensors=result.tensors,
        differing=result.differing,
        differences=result.differences[:LISTED],
        made=MergeSetting.model_validate(row.made),
        again=MergeSetting.model_validate(
            {n: getattr(result, n) for n in MergeSetting.model_fields}
        ),
        unlike=result.unlike,
        differing_files=result.differing_files,
    )
