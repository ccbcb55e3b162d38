"""Who may change what belongs to an account: its owner, writers of an organisation, admins."""

from __future__ import annotations

from http import HTTPStatus

import httpx
import structlog
from pydantic import BaseModel, ValidationError

from mergehub.kit.identity.tokens import Principal
from mergehub.kit.problems.problem import Forbidden, Unavailable

log = structlog.get_logger()

PATH = "/v1/accounts/me"
WRITERS = ("owner", "writer")


class NotYourBoard(Forbidden):
    """The board belongs to another account, and your role there does not allow this."""

    code, title = "not-your-board", "This board belongs to another account"
    remedy = "Ask an owner of that account, or make a board of your own."


class _Membership(BaseModel):
    organisation: str
    role: str


class _Me(BaseModel):
    organisations: list[_Membership] = []


async def check_may(hub: httpx.AsyncClient, token: str, who: Principal, owner: str) -> None:
    """Raise NotYourBoard unless the holder of `token` may change what is of `owner`.

    Asks the registry about organisations. Raises Unavailable without its answer.
    """
    if who.may("admin") or who.account == owner:
        return
    if who.account is not None and owner in await _organisations(hub, token):
        return
    raise NotYourBoard(f"It belongs to {owner}; {who.account or who.name} may not write there.")


async def _organisations(hub: httpx.AsyncClient, token: str) -> set[str]:
    """The organisations in which the holder of a token may write."""
    try:
        answer = await hub.get(PATH, headers={"Authorization": f"Bearer {token}"})
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return set()
        answer.raise_for_status()
        me = _Me.model_validate_json(answer.content)
    except (httpx.HTTPError, ValidationError) as error:
        log.warning("owners.unknown", error=type(error).__name__)
        raise Unavailable("The registry does not answer, so your role is not known.") from error
    return {each.organisation for each in me.organisations if each.role in WRITERS}
