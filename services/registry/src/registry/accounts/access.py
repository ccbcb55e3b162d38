"""The rules of who may see, and who may change, what belongs to an account."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from mergehub.kit.identity.tokens import Principal, Viewer
from mergehub.kit.problems.problem import Forbidden
from registry.accounts.models import MemberRow

Role = Literal["owner", "writer", "reader"]
Visibility = Literal["public", "unlisted", "private"]
Owner = InstrumentedAttribute[str]

READERS: tuple[Role, ...] = ("owner", "writer", "reader")
WRITERS: tuple[Role, ...] = ("owner", "writer")
OWNERS: tuple[Role, ...] = ("owner",)


class NotYours(Forbidden):
    """The object belongs to another account, and your role there does not allow this."""

    code, title = "not-yours", "This belongs to another account"
    remedy = "Ask an owner of that account, or use an object of your own account."


def belongs(viewer: Viewer, owner: Owner, roles: tuple[Role, ...]) -> ColumnElement[bool]:
    """Whether `owner` is the viewer, or an organisation in which the viewer has one of `roles`.

    Administrators belong to every account.
    """
    if viewer is None or (viewer.account is None and not viewer.may("admin")):
        return false()
    if viewer.may("admin"):
        return true()
    mine = select(MemberRow.organisation).where(
        MemberRow.person == viewer.account, MemberRow.role.in_(roles)
    )
    return or_(owner == viewer.account, owner.in_(mine))


def readable(
    viewer: Viewer, owner: Owner, visibility: InstrumentedAttribute[str]
) -> ColumnElement[bool]:
    """Whether the viewer may see an object: it is public, or the viewer belongs to its owner."""
    if viewer is not None and viewer.may("admin"):
        return true()
    return or_(visibility == "public", belongs(viewer, owner, READERS))


async def role_in(session: AsyncSession, person: str | None, organisation: str) -> Role | None:
    """A person's role in an account; in their own account, `owner`."""
    if person is None or person == organisation:
        return "owner" if person else None
    found = await session.get(MemberRow, (organisation, person))
    return found.role if found else None  # type: ignore[return-value]


async def check_may(
    session: AsyncSession, who: Principal, owner: str, roles: tuple[Role, ...] = WRITERS
) -> None:
    """Raise NotYours unless `who` has one of `roles` in the account `owner`."""
    if who.may("admin") or await role_in(session, who.account, owner) in roles:
        return
    wanted = " or ".join(roles)
    raise NotYours(f"It belongs to {owner}; {who.account or who.name} is not an {wanted} there.")
