"""`/v1/models/{id}/flags`: warn of a model, and take a warning back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path

from lineage.models.schemas import Flag
from lineage.models.service import ModelNotFound
from lineage.moderation import service
from lineage.moderation.errors import AlreadyFlagged, FlagNotFound
from lineage.moderation.schemas import FlagCreate
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.identity.auth import requires
from mergehub.kit.identity.tokens import Principal
from mergehub.kit.problems.problem import Forbidden, Unauthenticated, problem_responses

router = Router(prefix="/v1/models/{model_id}/flags", tags=["models"])

Moderator = Annotated[Principal, Depends(requires("lineage:moderate"))]
FlagId = Annotated[int, Path(ge=1, lt=2**63)]


@router.post(
    "",
    summary="Set a flag on a model",
    status_code=201,
    responses=problem_responses(Unauthenticated, Forbidden, ModelNotFound, AlreadyFlagged),
)
async def flag_model(
    model_id: UUID, body: FlagCreate, session: Session, moderator: Moderator
) -> Flag:
    """Warn of a model and of all that came from it. The flag records who set it, and when."""
    return await service.flag(session, model_id, body, moderator)


@router.delete(
    "/{flag_id}",
    summary="Remove a flag from a model",
    status_code=204,
    responses=problem_responses(Unauthenticated, Forbidden, ModelNotFound, FlagNotFound),
)
async def clear_flag(
    model_id: UUID, flag_id: FlagId, session: Session, moderator: Moderator
) -> None:
    """Take a warning back. The flag stays in the model's history, with who cleared it, and when."""
    await service.clear(session, model_id, flag_id, moderator)
