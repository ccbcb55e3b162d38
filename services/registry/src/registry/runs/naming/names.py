"""The rule of names: a model's name is in the namespace of the account that its run belongs to.

`ann/soup` is in the namespace of `ann`: a person's, or an organisation's in which one writes.
Administrators, and the account of whoever runs the hub, may also use namespaces that are nobody's
handle, and bare names.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.identity.auth import Principal
from mergehub.kit.problems.problem import FieldFault
from registry.accounts.access import WRITERS, role_in
from registry.accounts.models import LOCAL, AccountRow
from registry.accounts.service import own
from registry.products import repository as products
from registry.products.models import ProductRow
from registry.runs.errors import RunInvalid


async def taken(
    session: AsyncSession, submitter: Principal, private_to: str | None, wanted: str
) -> ProductRow:
    """The name that a model gets which somebody wants to call `wanted`, and whose it is.

    It belongs to `private_to`, else to the account of its namespace, else to the submitter. A name
    that there is keeps its first spelling. Raises RunInvalid where it is another account's.
    """
    space = await _namespace(session, submitter, wanted, private_to)
    owner = private_to or space or own(submitter)
    name = f"{space}/{_plain(wanted)}" if space else wanted
    row = await products.named(session, name, owner)
    if row.owner != owner:
        raise _foreign(wanted, owner, f"{row.name} is a model of {row.owner}")
    return row


async def _namespace(
    session: AsyncSession, submitter: Principal, wanted: str, private_to: str | None
) -> str | None:
    """The account that stands before the name; None where none has to be."""
    given, slash, _ = wanted.rpartition("/")
    space, mine = given.lower(), own(submitter)
    owner = private_to or mine
    free = owner == mine and (mine == LOCAL or submitter.may("admin"))
    if not slash:
        return None if free else owner
    if space == owner:
        return owner
    if not await _is_handle(session, space):
        if free:
            return None
        raise _foreign(wanted, owner, f"{space} is no account of yours")
    if private_to is not None:
        raise _foreign(wanted, owner, f"what it is made of is private to {owner}")
    if await role_in(session, submitter.account, space) not in WRITERS:
        raise _foreign(wanted, owner, f"{space}/… are the names of the account {space}")
    return space


async def _is_handle(session: AsyncSession, space: str) -> bool:
    found = select(AccountRow.id).where(AccountRow.handle == space)
    return await session.scalar(found) is not None


def _plain(name: str) -> str:
    return name.rpartition("/")[2]


def _foreign(name: str, owner: str, why: str) -> RunInvalid:
    right = f"{owner}/{_plain(name)}"
    fault = FieldFault(
        pointer="/model_name",
        code="foreign-name",
        detail=f"{name!r} cannot be the name of this model: {why}.",
        suggestion=right,
    )
    return RunInvalid(f"{fault.detail} Call it {right}.", errors=[fault])
