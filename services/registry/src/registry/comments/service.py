"""Writing, reading, editing and removing comments."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.events import RecipeCommented
from mergehub.kit.database.database import now
from mergehub.kit.identity.tokens import Viewer
from mergehub.kit.paging.pages import PageRequest
from registry.accounts.access import NotYours, check_may
from registry.accounts.quotas import check_quota
from registry.accounts.service import own
from registry.actor import Actor
from registry.audit.actions import Action
from registry.audit.service import audit
from registry.changes import noted
from registry.comments import repository
from registry.comments.counts import TODAY
from registry.comments.errors import CommentNotFound, ParentInvalid, TooManyComments
from registry.comments.models import CommentRow
from registry.comments.schemas import Comment, CommentCreate, CommentPage
from registry.events.models import outbox
from registry.recipes import service as recipes
from registry.recipes.models import RecipeRow

MOST = 10_000
"""The number of comments on one recipe, removed ones included."""


async def add(
    session: AsyncSession, actor: Actor, recipe_id: UUID, wanted: CommentCreate
) -> Comment:
    """Comment on a recipe, or answer a comment.

    Raises NoAccount, RecipeNotFound, CommentQuotaExceeded, ParentInvalid and TooManyComments.
    """
    author = own(actor.who)
    await recipes.find(session, recipe_id, actor.who)
    await check_quota(session, actor, author, TODAY)
    recipe = await recipes.held(session, recipe_id, actor.who)
    number = 1 + await repository.last(session, recipe_id)
    await _check_place(session, recipe_id, number, wanted.parent)
    row = CommentRow(
        recipe_id=recipe_id,
        number=number,
        thread=wanted.parent or number,
        parent=wanted.parent,
        author=author,
        text=wanted.text,
    )
    session.add(row)
    recipe.comments += 1
    await noted(session, recipe_id)
    await _reported(session, recipe, row)
    await _recorded(session, actor, "comment.added", row)
    return _comment(row)


async def edit(
    session: AsyncSession, actor: Actor, recipe_id: UUID, number: int, text: str
) -> Comment:
    """Change one's own comment.

    Raises NoAccount, RecipeNotFound, CommentNotFound and NotYours.
    """
    author = own(actor.who)
    await recipes.held(session, recipe_id, actor.who)
    row = await _written(session, recipe_id, number)
    if row.author != author:
        raise NotYours(f"Only {row.author} can edit comment {number}; you are {author}.")
    if row.text != text:
        row.text, row.edited_at = text, await now(session)
        await _recorded(session, actor, "comment.edited", row)
    return _comment(row)


async def remove(session: AsyncSession, actor: Actor, recipe_id: UUID, number: int) -> None:
    """Delete the text of a comment: one's own, or one on a recipe of one's account.

    Raises RecipeNotFound, CommentNotFound and NotYours.
    """
    recipe = await recipes.held(session, recipe_id, actor.who)
    row = await _written(session, recipe_id, number)
    mine = row.author == actor.who.account
    if not mine:
        await check_may(session, actor.who, recipe.owner)
    row.text, row.edited_at, row.removed_at = "", None, await now(session)
    row.removed_by = "author" if mine else "moderator"
    recipe.comments -= 1
    await noted(session, recipe_id)
    await _recorded(session, actor, "comment.removed", row)


async def find(session: AsyncSession, recipe_id: UUID, number: int, viewer: Viewer) -> Comment:
    """A comment that the list shows. Raises RecipeNotFound and CommentNotFound."""
    await recipes.find(session, recipe_id, viewer)
    row = await repository.find(session, recipe_id, number)
    if row is None or not await repository.is_shown(session, row):
        raise _not_found(number)
    return _comment(row)


async def page(
    session: AsyncSession, recipe_id: UUID, viewer: Viewer, asked: PageRequest
) -> CommentPage:
    """A page of the comments on a recipe, thread by thread. Raises RecipeNotFound."""
    after = asked.after(int, int)
    await recipes.find(session, recipe_id, viewer)
    found = await repository.page(session, recipe_id, after, asked.rows)
    rows, next_cursor = asked.cut(found, lambda row: (row.thread, row.number))
    return CommentPage(items=list(map(_comment, rows)), next_cursor=next_cursor)


async def _check_place(
    session: AsyncSession, recipe_id: UUID, number: int, parent: int | None
) -> None:
    if number > MOST:
        raise TooManyComments(f"The recipe has {MOST:,} comments, which is the limit.")
    if parent is None:
        return
    row = await repository.find(session, recipe_id, parent)
    if row is None:
        raise ParentInvalid(f"The recipe has no comment {parent}.")
    if row.parent is not None:
        raise ParentInvalid(
            f"Comment {parent} is itself an answer. To answer in its thread, give {row.parent}."
        )
    if row.removed_at is not None:
        raise ParentInvalid(f"Comment {parent} was removed.")


async def _written(session: AsyncSession, recipe_id: UUID, number: int) -> CommentRow:
    """A comment that was not removed. Raises CommentNotFound."""
    row = await repository.find(session, recipe_id, number)
    if row is None or row.removed_at is not None:
        raise _not_found(number)
    return row


async def _reported(session: AsyncSession, recipe: RecipeRow, row: CommentRow) -> None:
    """Send the event of a new comment, without its text, which its author may take back."""
    data = RecipeCommented(
        recipe=recipe.id, name=recipe.name, number=row.number, parent=row.parent, author=row.author
    )
    subject = f"recipes/{recipe.id}"
    await outbox.emit(session, "recipe.commented", subject, data, recipe.private_to)


async def _recorded(session: AsyncSession, actor: Actor, action: Action, row: CommentRow) -> None:
    await audit(session, actor, action, f"recipes/{row.recipe_id}/comments/{row.number}")


def _comment(row: CommentRow) -> Comment:
    columns = {name: getattr(row, name) for name in Comment.model_fields}
    return Comment(**columns | ({"author": None, "text": None} if row.removed_at else {}))


def _not_found(number: int) -> CommentNotFound:
    return CommentNotFound(f"The recipe has no comment {number}, or it was removed.")
