"""The rule of names: a model's name is in the namespace of the account that owns its run.

`ann/soup` is in the namespace of `ann`: a person, or an organisation that the submitter writes for.
Administrators, and the operator's account, may also use namespaces that are not the handle of an
account, and names without a namespace.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.identity.tokens import Principal
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
    """Return the product for a model that the submitter wants to name `wanted`.

    It belongs to `private_to`, else to the account of its namespace, else to the submitter. An
    existing name keeps its first spelling. Raises RunInvalid if it is another account's.
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
    """The account that is the name's namespace; None if the name needs none."""
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
        raise _foreign(wanted, owner, f"{space} is not your account")
    if private_to is not None:
        raise _foreign(wanted, owner, f"a model or recipe that it is made of is private to {owner}")
    if await role_in(session, submitter.account, space) not in WRITERS:
        raise _foreign(wanted, owner, f"only {space} may use names that begin with {space}/")
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
    return RunInvalid(f"{fault.detail} Name it {right}.", errors=[fault])
