"""`/v1/recipes/{id}/comments`: read, write, edit and remove comments."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Response

from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.identity.auth import Viewing
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import Unauthenticated, problem_responses
from registry.accounts.access import NotYours
from registry.accounts.errors import NoAccount
from registry.acting import acting
from registry.actor import Actor
from registry.comments import service
from registry.comments.errors import (
    CommentNotFound,
    CommentQuotaExceeded,
    ParentInvalid,
    TooManyComments,
)
from registry.comments.schemas import Comment, CommentCreate, CommentPage, CommentUpdate
from registry.idempotency.errors import KeyInProgress
from registry.idempotency.once import Answered, Once
from registry.recipes.errors import RecipeNotFound

router = Router(
    prefix="/v1/recipes/{recipe_id}/comments",
    tags=["recipes"],
    responses=problem_responses(Unauthenticated, RecipeNotFound, CommentNotFound),
)

Writer = Annotated[Actor, Depends(acting("recipes:write"))]
Number = Annotated[int, Path(ge=1, lt=2**31, description="A comment's number, from 1.")]


@router.get("", summary="List the comments on a recipe", responses=problem_responses(BadCursor))
async def list_comments(
    recipe_id: UUID, session: Session, viewer: Viewing, asked: Paging
) -> CommentPage:
    """The threads in the order of their first comments, each with its answers, oldest first.

    Texts are untrusted Markdown: render them without HTML, scripts and foreign images.
    """
    return await service.page(session, recipe_id, viewer, asked)


@router.post(
    "",
    summary="Add a comment to a recipe",
    status_code=201,
    response_model=Comment,
    responses=problem_responses(
        NotYours, NoAccount, CommentQuotaExceeded, ParentInvalid, TooManyComments, KeyInProgress
    ),
)
async def add_comment(
    recipe_id: UUID, body: CommentCreate, session: Session, writer: Writer, once: Once
) -> Response:
    """Comment on a recipe that you may see, or answer the first comment of a thread."""

    async def effect() -> Answered:
        made = await service.add(session, writer, recipe_id, body)
        at = {"Location": f"/v1/recipes/{recipe_id}/comments/{made.number}"}
        return Answered(201, made, at)

    return await once(session, writer, body, effect)


@router.get("/{number}", summary="Get a comment")
async def get_comment(
    recipe_id: UUID, number: Number, session: Session, viewer: Viewing
) -> Comment:
    """One comment. A removed one is there only while it has answers."""
    return await service.find(session, recipe_id, number, viewer)


@router.patch(
    "/{number}", summary="Change a comment", responses=problem_responses(NotYours, NoAccount)
)
async def edit_comment(
    recipe_id: UUID, number: Number, body: CommentUpdate, session: Session, writer: Writer
) -> Comment:
    """Change the text of your own comment; `edited_at` shows that it changed."""
    return await service.edit(session, writer, recipe_id, number, body.text)


@router.delete(
    "/{number}", summary="Remove a comment", status_code=204, responses=problem_responses(NotYours)
)
async def remove_comment(recipe_id: UUID, number: Number, session: Session, writer: Writer) -> None:
    """Delete the text of a comment: your own, or any on a recipe of an account you write for.

    Administrators can remove every comment. While a removed comment has answers, an empty one stays
    in its place.
    """
    await service.remove(session, writer, recipe_id, number)
