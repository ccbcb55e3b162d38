"""`/v1/accounts/{handle}/members`: the members of an organisation."""

from __future__ import annotations

from fastapi import Response

from mergehub.kit.entity_tags import etag_of
from mergehub.kit.http.preconditions import IfMatch, PreconditionFailed, PreconditionRequired
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.problems.problem import Unauthenticated, problem_responses
from registry.accounts import members
from registry.accounts.access import NotYours
from registry.accounts.endpoints import Handle, Manager
from registry.accounts.errors import AccountNotFound, LastOwner, MemberInvalid, QuotaExceeded
from registry.accounts.schemas import MemberList, MemberSet
from registry.acting import Holder

router = Router(
    prefix="/v1/accounts/{handle}/members",
    tags=["accounts"],
    responses=problem_responses(Unauthenticated, AccountNotFound),
)
CHANGES = (NotYours, LastOwner, MemberInvalid, PreconditionFailed, PreconditionRequired)


@router.get("", summary="List the members of an organisation")
async def list_members(
    handle: Handle, session: Session, holder: Holder, response: Response
) -> MemberList:
    """The members of an organisation. Its members and administrators may ask."""
    found = await members.members(session, holder.who, handle)
    response.headers["ETag"] = etag_of(found)
    return found


@router.put(
    "/{person}",
    summary="Add a member, or change a role",
    responses=problem_responses(QuotaExceeded, *CHANGES),
)
async def set_member(
    handle: Handle,
    person: Handle,
    body: MemberSet,
    session: Session,
    actor: Manager,
    response: Response,
    if_match: IfMatch,
) -> MemberList:
    """Add a person, or change a member's role; `If-Match` takes the `ETag` of the list."""
    found = await members.put(session, actor, handle, person, body.role, if_match.check)
    response.headers["ETag"] = etag_of(found)
    return found


@router.delete(
    "/{person}", summary="Remove a member", status_code=204, responses=problem_responses(*CHANGES)
)
async def remove_member(
    handle: Handle, person: Handle, session: Session, actor: Manager, if_match: IfMatch
) -> None:
    """Remove a member, or leave the organisation yourself."""
    await members.remove(session, actor, handle, person, if_match.check)
