"""The requests and responses about accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from mergehub.contracts.examples import example
from mergehub.contracts.messages import Answer, Message
from mergehub.contracts.names import must_be
from mergehub.kit.settings.sign_in import QuotaName
from registry.accounts.access import Role

LONGEST_HANDLE = 39
HandleText = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=LONGEST_HANDLE),
    must_be(
        "must be lower case words joined by hyphens, such as merge-lab; at most "
        f"{LONGEST_HANDLE} characters"
    ),
]
DisplayName = Annotated[str, Field(min_length=1, max_length=200)]


class OrganisationCreate(Message):
    model_config = example(handle="merge-lab", display_name="The merge lab")

    handle: HandleText = Field(description="A handle that is not taken; it never changes.")
    display_name: DisplayName | None = Field(None, description="For people; default: the handle.")


class AccountUpdate(Message):
    """Omitted fields do not change; only administrators may set `disabled`."""

    model_config = example(display_name="The merge laboratory")

    display_name: DisplayName | None = None
    disabled: bool | None = Field(None, description="A disabled account cannot do anything.")


class Account(Answer):
    """A person or an organisation, as everyone may see it."""

    id: UUID
    handle: str
    kind: Literal["person", "organisation"]
    display_name: str
    created_at: datetime
    disabled_at: datetime | None


class Membership(Answer):
    """Your role in an organisation."""

    organisation: str
    role: Role


class Me(Answer):
    """Your account, by the token that you sent, and what the token allows."""

    account: Account
    scopes: list[str]
    expires_at: datetime | None
    organisations: list[Membership]


class MemberSet(Message):
    model_config = example(role="writer")

    role: Role


class Member(Answer):
    person: str
    role: Role
    since: datetime


class MemberList(Answer):
    """Sorted by handle."""

    items: list[Member]


class QuotaSet(Message):
    model_config = example(limit=200)

    limit: int | None = Field(ge=0, lt=2**53, description="The maximum number; null: no limit.")


class Quota(Answer):
    """How many an account has and may have; a `limit` of null means any number."""

    name: QuotaName
    counts: str = Field(description="What is counted.")
    limit: int | None
    used: int


class QuotaList(Answer):
    items: list[Quota]
