"""Where models may be pushed: repositories of the Hugging Face Hub, and places in buckets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Final, NamedTuple
from uuid import UUID

from pydantic import Field, StringConstraints

from mergehub.contracts.messages import Answer, Message
from mergehub.contracts.names import must_be

HUGGING_FACE: Final = "hf://"
BUCKET: Final = "s3://"
LONGEST: Final = 500
MOST_ALLOWED: Final = 100

_NAME = r"[A-Za-z0-9_]+([.-][A-Za-z0-9_]+)*"
_BRANCH = r"[A-Za-z0-9_]+([./-][A-Za-z0-9_]+)*"
_PART = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
_REPOSITORY = rf"{HUGGING_FACE}{_NAME}/{_NAME}(@{_BRANCH})?"
_PLACE = rf"{BUCKET}[a-z0-9][a-z0-9.-]{{1,61}}[a-z0-9](/{_PART})+"

Destination = Annotated[
    str,
    StringConstraints(pattern=rf"^({_REPOSITORY}|{_PLACE})$", max_length=LONGEST),
    must_be(
        "must be hf://owner/name, hf://owner/name@branch or s3://bucket/prefix, at most "
        f"{LONGEST} characters"
    ),
]
Allowed = Annotated[
    str,
    StringConstraints(pattern=r"^(hf|s3)://[A-Za-z0-9._/@-]*\*?$", max_length=LONGEST),
    must_be("must be a destination, or the beginning of some and then *, such as hf://lab/*"),
]
"""Destinations that an operator allows: one, or all that begin with what stands before a `*`."""
AllowList = Annotated[
    list[Allowed],
    Field(max_length=MOST_ALLOWED, description="Where the worker may push models."),
]

Replace = Annotated[
    bool,
    Field(description="Whether other content there is replaced; without it, the push is refused."),
]
Private = Annotated[
    bool,
    Field(
        description="Whether a repository that does not exist yet is made private. One that exists "
        "stays as it is."
    ),
]


class PushTo(Message):
    """Where a model is pushed, and how."""

    destination: Destination
    replace: Replace = False
    private: Private = True


class WantedPush(Answer):
    """Where a merge run's model is to be pushed. `run` pushes it; null until the model is made."""

    destination: str
    replace: bool
    private: bool
    run: UUID | None


class Repository(NamedTuple):
    """A repository of the Hugging Face Hub and a branch of it."""

    id: str
    branch: str


def repository(destination: str) -> Repository | None:
    """The repository that a destination names, or None if it is a place in a bucket."""
    if not destination.startswith(HUGGING_FACE):
        return None
    name, _, branch = destination.removeprefix(HUGGING_FACE).partition("@")
    return Repository(name, branch or "main")


def is_destination(text: str) -> bool:
    """Whether a text has the form of a destination."""
    return len(text) <= LONGEST and bool(re.fullmatch(f"{_REPOSITORY}|{_PLACE}", text))


def is_allowed(destination: str, allowed: Iterable[str]) -> bool:
    """Whether an entry is the destination, or ends with `*` after a beginning of it."""
    return any(
        destination.startswith(each[:-1]) if each.endswith("*") else destination == each
        for each in allowed
    )
