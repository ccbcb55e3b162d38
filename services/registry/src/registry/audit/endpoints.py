"""`/v1/accounts/audit`: who changed what, for administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query
from pydantic import Field

from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.identity.auth import requires
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.choices import one_of
from mergehub.kit.problems.problem import Forbidden, Unauthenticated, problem_responses
from registry.audit import service
from registry.audit.actions import ACTIONS
from registry.audit.schemas import AuditPage
from registry.audit.service import AuditFilter

router = Router(prefix="/v1/accounts", tags=["accounts"])

By = Annotated[str | None, Query(max_length=200, description="The name of a token.")]
Account = Annotated[str | None, Query(max_length=100, description="The handle of an account.")]
Done = Annotated[
    Annotated[str, Field(max_length=60), one_of(lambda: ACTIONS, "unknown_action")] | None,
    Query(description="An action, such as `token.revoked`."),
]
Subject = Annotated[
    str | None, Query(max_length=300, description="Such as `runs/<id>`; includes its parts.")
]


@router.get(
    "/audit",
    summary="List who changed what",
    responses=problem_responses(BadCursor, Unauthenticated, Forbidden),
    dependencies=[Depends(requires("admin"))],
)
async def list_audit(
    session: Session,
    asked: Paging,
    actor: By = None,
    account: Account = None,
    action: Done = None,
    subject: Subject = None,
) -> AuditPage:
    """Every change and who made it, newest first."""
    wanted = AuditFilter(actor, action, subject, account)
    return await service.page(session, wanted, asked)
