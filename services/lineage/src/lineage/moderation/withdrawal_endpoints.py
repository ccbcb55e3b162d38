"""`/v1/models/{id}/edges/{edge}/withdrawal`: take an edge out of the graph, and put it back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path

from lineage.models.service import ModelNotFound
from lineage.moderation import withdrawing
from lineage.moderation.endpoints import Moderator
from lineage.moderation.errors import (
    AlreadyWithdrawn,
    ClosesCycle,
    EdgeNotFound,
    WithdrawalNotFound,
)
from lineage.moderation.schemas import Withdrawal, WithdrawalCreate
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.problems.problem import Forbidden, Unauthenticated, problem_responses

router = Router(prefix="/v1/models/{model_id}/edges/{edge}/withdrawal", tags=["models"])

EdgeId = Annotated[
    int, Path(ge=1, lt=2**63, description="The `id` of an edge from this model to a parent.")
]


@router.post(
    "",
    summary="Withdraw an edge",
    status_code=201,
    responses=problem_responses(
        Unauthenticated, Forbidden, ModelNotFound, EdgeNotFound, AlreadyWithdrawn
    ),
)
async def withdraw_edge(
    model_id: UUID, edge: EdgeId, body: WithdrawalCreate, session: Session, moderator: Moderator
) -> Withdrawal:
    """Say that a model did not come from a parent in this way. No answer has the edge any more.

    It stays in `GET /v1/models/{id}` with the reason, and sources that say it again do not bring it
    back. Edges that were refused because they would have closed a cycle with this one are learned.
    """
    return await withdrawing.withdraw(session, model_id, edge, body, moderator)


@router.delete(
    "",
    summary="Restore an edge",
    status_code=204,
    responses=problem_responses(
        Unauthenticated, Forbidden, ModelNotFound, EdgeNotFound, WithdrawalNotFound, ClosesCycle
    ),
)
async def restore_edge(
    model_id: UUID, edge: EdgeId, session: Session, moderator: Moderator
) -> None:
    """Put a withdrawn edge back, with all that sources have said of it meanwhile."""
    await withdrawing.restore(session, model_id, edge, moderator)
