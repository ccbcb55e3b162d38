"""Every operation that needs a token: which scopes may call it, and which may not."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack

import httpx
import pytest
from applications import documents, make_application
from fastapi import FastAPI
from pydantic import SecretStr

from mergehub.contracts.services import SERVICES
from mergehub.kit.identity.scopes import SCOPES, SCOPES_OF_PEOPLE
from mergehub.kit.settings.service import ServiceSettings

OWNER, SERVICE = SecretStr("mgh_owner-of-scopes"), SecretStr("mgh_service-of-scopes")
ANY = "any"
DOOR = "a door"  # people sign in by it, even if reading needs a token

OPEN = "open"  # visitors need it before they sign in, even if reading needs a token

# An operation that is not here must be a GET without a token. The needs of all others are repeated
# here, so that a scope that the code lacks is noticed.
NEEDED = {
    "recipes:write": {
        "publish_recipe", "update_recipe", "publish_recipe_version", "fork_recipe", "delete_recipe",
        "import_recipes",
        "star_recipe",
        "unstar_recipe", "add_comment", "edit_comment", "remove_comment",
    },
    "runs:submit": {
        "submit_run", "cancel_run", "retry_run", "pin_artifact", "unpin_artifact",
        "delete_artifact",
    },
    "boards:write": {"create_board", "update_board", "delete_board", "release_board"},
    "lineage:write": {"import_graph", "update_model"},
    "results:write": {
        "import_results", "import_result_file", "withdraw_results", "restore_results",
    },
    "results:moderate": {"moderate_results", "restore_moderated_results"},
    "lineage:moderate": {"flag_model", "clear_flag", "withdraw_edge", "restore_edge"},
    "worker": {
        "claim_run", "heartbeat_run", "release_run", "report_run", "beat_worker", "leave_worker",
    },
    "webhooks:manage": {
        "create_webhook", "list_webhooks", "get_webhook", "change_webhook", "delete_webhook",
        "rotate_webhook_secret", "test_webhook", "list_webhook_deliveries",
        "get_webhook_delivery", "replay_webhook_delivery", "replay_webhook_range",
    },
    "tokens:introspect": {"introspect_token"},
    "accounts:manage": {
        "create_organisation", "update_account", "set_member", "remove_member", "set_retention",
        "remove_retention",
    },
    "admin": {"list_audit", "set_quota", "reset_quota", "collect_artifacts"},
    ANY: {
        "create_token", "list_tokens", "get_token", "revoke_token", "get_me", "list_members",
        "list_quotas", "get_star", "list_starred_recipes", "list_collection", "get_retention",
    },
    DOOR: {
        "sign_in", "sign_in_callback", "ask_for_shell", "let_shell_in", "redeem_shell_code",
    },
    OPEN: {"get_hub"},
    "its own end": {"sign_out"},  # revokes the token of the request
    "nobody": {"check_recipe", "check_ingredients"},  # they store nothing
}  # fmt: skip
SCOPE_OF = {name: scope for scope, names in NEEDED.items() for name in names}

Serving = Callable[[FastAPI], AbstractAsyncContextManager[str]]


def _operations() -> Iterator[tuple[str, str, str, str]]:
    """Service, method, path and name of every operation."""
    for service, document in documents().items():
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                yield service, method.upper(), path, operation["operationId"]


OPERATIONS = list(_operations())
UNGUARDED = ("nobody", DOOR, OPEN)
GUARDED = [each for each in OPERATIONS if SCOPE_OF.get(each[3], "nobody") not in UNGUARDED]
DOORS = [each for each in OPERATIONS if SCOPE_OF.get(each[3]) == DOOR]
OPENED = [each for each in OPERATIONS if SCOPE_OF.get(each[3]) == OPEN]
REST = [each for each in OPERATIONS if each not in (*GUARDED, *DOORS, *OPENED)]


@pytest.fixture(scope="module")
async def clients(
    database_of: Callable[[str], Awaitable[str]], redis_url: str, serving: Serving
) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """A client of each service, by name; all ask the registry about tokens."""
    settings = ServiceSettings(
        database_url=await database_of("scopes"),
        redis_url=redis_url,
        background="separate",
        bootstrap_token=OWNER,
        service_token=SERVICE,
        rate_reads=0,
        rate_writes=0,
        log_level="error",
    )
    async with AsyncExitStack() as stack:
        registry = make_application("registry", settings)
        await stack.enter_async_context(registry.router.lifespan_context(registry))
        hub = await stack.enter_async_context(serving(registry))
        settings = settings.model_copy(update={"hub_url": hub})
        clients = {}
        for service in SERVICES:
            app = registry
            if service.name != "registry":
                app = make_application(service.name, settings)
                await stack.enter_async_context(app.router.lifespan_context(app))
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            client = httpx.AsyncClient(transport=transport, base_url=f"http://{service.name}")
            clients[service.name] = await stack.enter_async_context(client)
        yield clients


@pytest.fixture(scope="module")
async def tokens(clients: dict[str, httpx.AsyncClient]) -> dict[str, str]:
    """A token for each scope, with that scope only."""
    made = {"admin": OWNER.get_secret_value()}
    for number, scope in enumerate(sorted(SCOPES - {"admin"})):
        answer = await clients["registry"].post(
            "/v1/tokens",
            json={"name": f"of-{number}", "scopes": [scope]},
            headers={"Authorization": f"Bearer {OWNER.get_secret_value()}"},
        )
        assert answer.status_code == 201, answer.text
        made[scope] = answer.json()["token"]
    return made


async def call(client: httpx.AsyncClient, method: str, path: str, token: str | None) -> int:
    """The status of a request for something that does not exist."""
    filled = re.sub(r"\{(?:number|version|flag_id)\}", "1", path)
    filled = re.sub(r"\{[^}]+\}", f"{0:032x}", filled)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = {"json": {}} if method in ("POST", "PUT", "PATCH") else {}
    return (await client.request(method, filled, headers=headers, **body)).status_code


def test_no_operation_is_forgotten_and_none_is_gone() -> None:
    unsafe = {name for _, method, _, name in OPERATIONS if method != "GET"}
    assert unsafe - SCOPE_OF.keys() == set(), "add them to NEEDED"
    assert SCOPE_OF.keys() - {name for *_, name in OPERATIONS} == set(), "remove them from NEEDED"


def test_every_scope_opens_something() -> None:
    reads = {"recipes:read"}  # for a token that may only read; any other token may read as well
    assert reads | NEEDED.keys() - {ANY, "its own end", *UNGUARDED} == SCOPES
    assert set(SCOPES_OF_PEOPLE) < SCOPES


@pytest.mark.parametrize(("service", "method", "path", "name"), GUARDED, ids=lambda each: each)
async def test_it_is_for_its_scope_alone(
    clients: dict[str, httpx.AsyncClient], tokens: dict[str, str],
    service: str, method: str, path: str, name: str,
) -> None:  # fmt: skip
    client, scope = clients[service], SCOPE_OF[name]
    assert await call(client, method, path, None) == 401
    assert await call(client, method, path, "mgh_made-up") == 401
    for held, token in tokens.items() if scope != "its own end" else ():
        status = await call(client, method, path, token)
        if scope in (ANY, held) or held == "admin":
            assert status not in (401, 403), (held, status)
        else:
            assert status == 403, (held, status)


@pytest.mark.parametrize(("service", "method", "path", "name"), REST, ids=lambda each: each)
async def test_it_is_for_everybody_unless_reading_needs_a_token(
    clients: dict[str, httpx.AsyncClient], service: str, method: str, path: str, name: str
) -> None:
    if not path.endswith(("/events", "/stream")):  # streams without an end
        assert await call(clients[service], method, path, None) not in (401, 403)
    app = make_application(
        service, ServiceSettings(require_token=True, rate_reads=0, rate_writes=0)
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://closed"
    ) as closed:
        assert await call(closed, method, path, None) == 401


@pytest.mark.parametrize(("service", "method", "path", "name"), OPENED, ids=lambda each: each)
async def test_visitors_may_ask_before_they_sign_in(
    clients: dict[str, httpx.AsyncClient], service: str, method: str, path: str, name: str
) -> None:
    assert await call(clients[service], method, path, None) == 200


@pytest.mark.parametrize(("service", "method", "path", "name"), DOORS, ids=lambda each: each)
async def test_nobody_comes_in_where_nobody_can_sign_in(
    clients: dict[str, httpx.AsyncClient], service: str, method: str, path: str, name: str
) -> None:
    assert await call(clients[service], method, path, None) in (401, 403, 404, 415, 422)
