"""`/v1/artifacts/collection` and `/v1/accounts/{handle}/retention`: which models go, and why."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request

from mergehub.kit.http.pagination import Paging
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.paging.cursors import BadCursor
from mergehub.kit.problems.problem import Forbidden, Unauthenticated, problem_responses
from mergehub.kit.settings.retention import Retention
from registry.accounts import service as accounts
from registry.accounts.access import OWNERS, NotYours, check_may
from registry.accounts.endpoints import Handle
from registry.accounts.errors import AccountNotFound, NoAccount
from registry.acting import Holder, acting
from registry.actor import Actor
from registry.artifacts.collecting import own, service
from registry.artifacts.collecting.schemas import Collected, LeavingPage, OwnRules
from registry.recipes.schemas import AnyCase

collection = Router(prefix="/v1/artifacts/collection", tags=["artifacts"])
retention = Router(
    prefix="/v1/accounts/{handle}/retention",
    tags=["artifacts"],
    responses=problem_responses(Unauthenticated, Forbidden, AccountNotFound),
)


def _of_hub(request: Request) -> Retention:
    rules: Retention = request.app.state.resources.settings.retention
    return rules


OfHub = Annotated[Retention, Depends(_of_hub)]
Admin = Annotated[Actor, Depends(acting("admin"))]
Manager = Annotated[Actor, Depends(acting("accounts:manage"))]
Account = Annotated[
    AnyCase | None, Query(description="The models of one account; administrators may omit it.")
]


@collection.get(
    "",
    summary="List the models that go at the next collection",
    responses=problem_responses(BadCursor, Unauthenticated, NoAccount, AccountNotFound),
)
async def list_collection(
    session: Session, asked: Paging, holder: Holder, rules: OfHub, account: Account = None
) -> LeavingPage:
    """The models that the rules of retention let go and that nothing needs, the oldest first.

    Members of an account, and administrators, may ask about it; without `account`, it is your own.
    """
    if account is None and not holder.who.may("admin"):
        account = accounts.own(holder.who)
    if account is not None:
        await accounts.check_member(session, holder.who, account)
    return await service.page(session, rules, account, asked)


@collection.post(
    "",
    summary="Collect models now",
    responses=problem_responses(Unauthenticated, Forbidden),
)
async def collect_artifacts(session: Session, admin: Admin, rules: OfHub) -> Collected:
    """Mark the models that `GET` lists. The hub does so by itself every minute.

    Their files are removed an hour later, except those of models that something needs by then.
    """
    return Collected(marked=await service.mark(session, rules))


@retention.get("", summary="Get an account's own rules of retention")
async def get_retention(handle: Handle, session: Session, holder: Holder) -> OwnRules:
    """The rules that the account has beside those of the hub. Members may ask."""
    await accounts.check_member(session, holder.who, handle)
    return await own.rules_of(session, handle)


@retention.put(
    "", summary="Set an account's own rules of retention", responses=problem_responses(NotYours)
)
async def set_retention(
    handle: Handle, body: Retention, session: Session, actor: Manager
) -> OwnRules:
    """Let models of the account go earlier than the hub's rules do."""
    await accounts.find(session, handle)
    await check_may(session, actor.who, handle, OWNERS)
    return await own.set_rules(session, actor, handle, body)


@retention.delete(
    "", summary="Remove an account's own rules of retention", responses=problem_responses(NotYours)
)
async def remove_retention(handle: Handle, session: Session, actor: Manager) -> OwnRules:
    """Leave the account's models to the hub's rules alone."""
    await accounts.find(session, handle)
    await check_may(session, actor.who, handle, OWNERS)
    return await own.set_rules(session, actor, handle, Retention())
