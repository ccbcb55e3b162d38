"""`/v1/accounts/{handle}/quotas`: how much an account has and may have."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from mergehub.kit.database.database import Session
from mergehub.kit.identity.auth import requires
from mergehub.kit.problems.problem import Forbidden, Unauthenticated, problem_responses
from mergehub.kit.settings.sign_in import QuotaName
from registry.accounts import service as accounts
from registry.accounts.endpoints import Handle, Holder
from registry.accounts.errors import AccountNotFound
from registry.quotas import service
from registry.quotas.schemas import QuotaList, QuotaSet

router = APIRouter(
    prefix="/v1/accounts/{handle}/quotas",
    tags=["accounts"],
    responses=problem_responses(Unauthenticated, Forbidden, AccountNotFound),
)


@router.get("", summary="List an account's quotas and usage")
async def list_quotas(handle: Handle, session: Session, holder: Holder) -> QuotaList:
    """What the account may have and what it has; for its members and administrators."""
    await accounts.check_member(session, holder, handle)
    return await service.quotas(session, handle)


@router.put(
    "/{name}", summary="Set a quota of an account", dependencies=[Depends(requires("admin"))]
)
async def set_quota(handle: Handle, name: QuotaName, body: QuotaSet, session: Session) -> QuotaList:
    """Give an account a limit of its own."""
    await accounts.find(session, handle)
    await service.set_quota(session, handle, name, body.limit)
    return await service.quotas(session, handle)


@router.delete(
    "/{name}", summary="Reset a quota to the default", dependencies=[Depends(requires("admin"))]
)
async def reset_quota(handle: Handle, name: QuotaName, session: Session) -> QuotaList:
    """Let an account have what all have."""
    await accounts.find(session, handle)
    await service.reset_quota(session, handle, name)
    return await service.quotas(session, handle)
