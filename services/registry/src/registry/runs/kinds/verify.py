"""Verify runs: finding the merge and its lock, and recording whether it is the same again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.kinds import MAKERS
from mergehub.contracts.kinds.verify import VerifyResult, VerifyRunCreate, VerifySpec
from mergehub.contracts.provenance.companions import differing
from mergehub.contracts.provenance.settings import MergeSetting
from mergehub.contracts.runs import RunState
from mergehub.kit.identity.tokens import Principal
from registry.accounts.access import role_in
from registry.runs import repository as runs
from registry.runs.errors import ReportInvalid, RunNotSucceeded, SourcePrivate
from registry.runs.handler import Handler, invalid
from registry.runs.models import RunRow
from registry.runs.naming.resolve import Products, owners_of_private
from registry.runs.reproductions import locks, repository, service
from registry.runs.sources import Sources

A_MERGE = "the id of a run of kind `merge`, as `GET /v1/runs?kind=merge` lists them"


class VerifyHandler(Handler[VerifyRunCreate, VerifySpec, VerifyResult]):
    async def spec(
        self,
        session: AsyncSession,
        submitter: Principal,
        wanted: VerifyRunCreate,
        sources: Sources,
    ) -> tuple[VerifySpec, Products]:
        """Return the spec and the products of the merge. Raises RunInvalid, RunNotSucceeded and
        SourcePrivate."""
        merge = await _merge(session, submitter, wanted.run)
        sources.take([merge])
        named = {"recipe", "recipe_version", "recipe_digest", "model_name", "seed"}
        spec = VerifySpec.model_validate({
            "kind": "verify",
            "run": merge.id,
            **{name: value for name, value in merge.spec.items() if name in named},
            "output_digest": (merge.result or {})["output_digest"],
            "made": _setting(merge.result or {}),
            "independent": await role_in(session, submitter.account, merge.owner) is None,
        })  # fmt: skip
        return spec, await _products(session, merge)

    def uses(self, spec: Mapping[str, Any]) -> Mapping[str, str]:
        return {f"run:{spec['run']}": spec["run"]}

    async def granted(self, session: AsyncSession, spec: VerifySpec) -> VerifySpec:
        """Return the spec with the lock and the manifest of the merge."""
        found = await locks.find(session, spec.run)
        if found is None:
            return spec
        return spec.model_copy(update={"lock": found[0], "manifest": found[1]})

    async def prepare(self, session: AsyncSession, run_id: UUID) -> None:
        """Lock the recipe, whose counter may change."""
        await repository.lock_recipe_of(session, run_id)

    def stored(self, result: VerifyResult) -> dict[str, Any]:
        """The result without the digests of files, of which `announce` keeps the differences."""
        return result.model_dump(mode="json", exclude={"files", "differing_files"})

    async def announce(
        self, session: AsyncSession, run: RunRow, spec: VerifySpec, result: VerifyResult
    ) -> None:
        if (
            not result.same
            == (result.output_digest == spec.output_digest)
            == (not result.differing)
        ):
            raise ReportInvalid(
                "`same`, `differing` and `output_digest` contradict each other, or the merge run."
            )
        merge = await session.get_one(RunRow, spec.run)
        files = differing((merge.result or {}).get("companions"), result.companions)
        shown = [each.model_dump() for each in files] if files is not None else None
        run.result = {**(run.result or {}), "companions": {}, "differing_files": shown}
        await service.record(session, run, spec, result)


HANDLER = VerifyHandler()


async def _merge(session: AsyncSession, submitter: Principal, run_id: UUID) -> RunRow:
    """The merge run to verify. Raises RunInvalid and RunNotSucceeded."""
    merge = await runs.find(session, run_id, submitter)
    if merge is None:
        raise invalid("/run", "unknown-run", f"There is no merge run {run_id}.", A_MERGE)
    if merge.kind not in MAKERS:
        detail = f"The run {run_id} is of kind {merge.kind} and has made no model."
        raise invalid("/run", "not-a-merge", detail, A_MERGE)
    if merge.state != RunState.SUCCEEDED:
        raise RunNotSucceeded(
            f"The run {run_id} is {merge.state} and has not made a model: wait until it succeeds, "
            "or name another run."
        )
    if not await repository.has_lock(session, run_id):
        raise invalid(
            "/run",
            "no-lock",
            f"The run {run_id} has no lock: its worker is older than locks in the hub, or the "
            "model has too many tensors.",
            "a newer run; merge the recipe again with a worker of this release",
        )
    return merge


async def _products(session: AsyncSession, merge: RunRow) -> Products:
    """The runs that made the ingredients of a merge. Raises SourcePrivate."""
    if merge.products and await owners_of_private(session, merge.products) - {merge.private_to}:
        raise SourcePrivate(f"The run {merge.id} uses a model that has become private.")
    found = await runs.find_all(session, map(UUID, merge.products.values()))
    return {name: found[UUID(run_id)] for name, run_id in merge.products.items()}


def _setting(result: dict[str, Any]) -> MergeSetting:
    return MergeSetting.model_validate(
        {name: result.get(name) for name in MergeSetting.model_fields}
    )
