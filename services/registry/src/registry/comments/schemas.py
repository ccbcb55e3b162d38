"""The requests and answers about comments."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mergehub.contracts.examples import TIME, example
from mergehub.contracts.messages import Answer, Message
from mergehub.contracts.names import must_be
from mergehub.kit.paging.pages import Page

Number = Annotated[int, Field(ge=1, lt=2**31)]
CommentText = Annotated[
    str,
    StringConstraints(pattern=r"\S", min_length=1, max_length=10_000),
    must_be("must be text of at most 10,000 characters, not only spaces"),
    Field(description="Markdown, at most 10,000 characters."),
]


class CommentCreate(Message):
    model_config = example(text="Does it still add in *German*?", parent=None)

    text: CommentText
    parent: Number | None = Field(
        None, description="The number of the comment that this answers: the first of its thread."
    )


class CommentUpdate(Message):
    model_config = example(text="Does it still add in *German* and *French*?")

    text: CommentText


class Comment(Answer):
    """A comment. The text is as its author wrote it: untrusted Markdown, maybe with HTML."""

    model_config = example(
        number=1,
        parent=None,
        author="ann",
        text="Does it still add in *German*?",
        created_at=TIME,
        edited_at=None,
        removed_by=None,
    )

    number: int
    parent: int | None = Field(description="The first comment of the thread, if this is another.")
    author: str | None = Field(description="Null if the comment was removed.")
    text: str | None = Field(description="Null if the comment was removed.")
    created_at: datetime
    edited_at: datetime | None
    removed_by: Literal["author", "moderator"] | None = Field(
        description="A removed comment stays in the list only while it has answers."
    )


class CommentPage(Page[Comment]):
    """The threads in the order of their first comments, each with its answers, oldest first."""
