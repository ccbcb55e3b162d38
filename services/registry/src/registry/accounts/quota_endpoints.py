"""`/v1/accounts/{handle}/quotas`: the quotas of an account, and how much of each it uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Request

from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.problems.problem import Forbidden, Unauthenticated, problem_responses
from mergehub.kit.settings.sign_in import QuotaName
from registry.accounts import quotas, service
from registry.accounts.endpoints import Handle
from registry.accounts.errors import AccountNotFound
from registry.accounts.quotas import Count
from registry.accounts.schemas import QuotaList, QuotaSet
from registry.acting import Holder, acting
from registry.actor import Actor

router = Router(
    prefix="/v1/accounts/{handle}/quotas",
    tags=["accounts"],
    responses=problem_responses(Unauthenticated, Forbidden, AccountNotFound),
)


def _counts(request: Request) -> Sequence[Count]:
    counts: Sequence[Count] = request.app.state.counts
    return counts


Counts = Annotated[Sequence[Count], Depends(_counts)]
Admin = Annotated[Actor, Depends(acting("admin"))]


@router.get("", summary="List an account's quotas and usage")
async def list_quotas(
    handle: Handle, session: Session, holder: Holder, counts: Counts
) -> QuotaList:
    """The account's quotas and what it uses of them. Its members and administrators may ask."""
    await service.check_member(session, holder.who, handle)
    return await quotas.quotas(session, holder.limit, counts, handle)


@router.put("/{name}", summary="Set a quota of an account")
async def set_quota(
    handle: Handle, name: QuotaName, body: QuotaSet, session: Session, admin: Admin, counts: Counts
) -> QuotaList:
    """Set a quota of one account, in place of the default."""
    await service.find(session, handle)
    await quotas.set_quota(session, admin, handle, name, body.limit)
    return await quotas.quotas(session, admin.limit, counts, handle)


@router.delete("/{name}", summary="Reset a quota to the default")
async def reset_quota(
    handle: Handle, name: QuotaName, session: Session, admin: Admin, counts: Counts
) -> QuotaList:
    """Give an account the default quota again."""
    await service.find(session, handle)
    await quotas.reset_quota(session, admin, handle, name)
    return await quotas.quotas(session, admin.limit, counts, handle)
