"""Push runs: finding the model, and whether its submitter and a worker may push it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.destinations import is_allowed
from mergehub.contracts.kinds import MAKERS
from mergehub.contracts.kinds.push import PushResult, PushRunCreate, PushSpec
from mergehub.contracts.runs import ClaimRequest, RunState
from mergehub.kit.identity.tokens import Principal
from registry.accounts.access import check_may
from registry.runs import repository as runs
from registry.runs.errors import RunNotSucceeded
from registry.runs.handler import Handler, Named, invalid
from registry.runs.models import RunRow
from registry.runs.naming.resolve import Products
from registry.runs.pushes.service import check_allowed, products_of
from registry.runs.sources import Sources

A_MERGE = "the id of a run of kind `merge`, as `GET /v1/runs?kind=merge` lists them"


class PushHandler(Handler[PushRunCreate, PushSpec, PushResult]):
    async def spec(
        self, session: AsyncSession, submitter: Principal, wanted: PushRunCreate, sources: Sources
    ) -> tuple[PushSpec, Products]:
        """Return the spec, and the merge as its product. Raises RunInvalid, RunNotSucceeded and
        NotYours."""
        merge = await _merge(session, submitter, wanted.run)
        await check_may(session, submitter, merge.owner)
        await check_allowed(session, wanted.destination, (wanted.hardware,), "/destination")
        spec = PushSpec(
            kind="push",
            run=merge.id,
            model_name=merge.model_name,
            destination=wanted.destination,
            replace=wanted.replace,
            private=wanted.private,
        )
        return spec, dict.fromkeys(products_of(merge.id), merge)

    async def name(
        self,
        session: AsyncSession,
        submitter: Principal,
        private_to: str | None,
        spec: PushSpec,
        sources: Sources,
    ) -> Named[PushSpec]:
        """The run belongs to the owner of the model."""
        merge = await session.get_one(RunRow, spec.run)
        return Named(spec, merge.owner)

    def unfit(self, spec: Mapping[str, Any], request: ClaimRequest) -> str | None:
        """Say if the worker may not push there. One that knows no pushes says that it may not."""
        if is_allowed(spec["destination"], request.pushes):
            return None
        return f"It pushes to {spec['destination']}, which MERGEHUB_PUSH_ALLOW does not have."


HANDLER = PushHandler()


async def _merge(session: AsyncSession, submitter: Principal, run_id: UUID) -> RunRow:
    """The run whose model is pushed. Raises RunInvalid and RunNotSucceeded."""
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
    return merge
