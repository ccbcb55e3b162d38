"""The registry as a whole: migrations, tokens, its OpenAPI document, its background work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from fastapi import FastAPI
from pydantic import SecretStr

from mergehub.contracts.services import service_for
from mergehub.kit.background.resources import Resources
from mergehub.kit.database.notify import wait
from mergehub.kit.events.doorbell import queue_name
from mergehub.kit.settings.service import ServiceSettings
from registry.app import create_app
from registry.runs.moves import CHANNEL
from registry.tables import metadata
from registry.tokens.authenticator import TableAuthenticator
from registry.tokens.settings import accept_settings_tokens

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]


async def test_models_and_migrations_agree(resources: Resources) -> None:
    async with resources.database.engine.connect() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(
                MigrationContext.configure(
                    sync, opts={"compare_type": True, "compare_server_default": True}
                ),
                metadata,
            )
        )
    assert differences == []


async def test_service_is_alive_and_ready(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/healthz")).json()["status"] == "alive"
    assert (await stranger.get("/readyz")).json() == {"status": "ready", "service": "registry"}


@pytest.mark.parametrize(
    ("path", "who", "status", "code"),
    [
        ("/v1/runs", "stranger", 401, "unauthenticated"),
        ("/v1/recipes", "stranger", 401, "unauthenticated"),
        ("/v1/runs", "worker", 403, "forbidden"),
        ("/v1/runs/{id}/cancel", "worker", 403, "forbidden"),
        ("/v1/runs/{id}/claim", "stranger", 401, "unauthenticated"),
    ],
)
async def test_writing_needs_a_token_of_the_right_scope(
    stranger: httpx.AsyncClient, worker: httpx.AsyncClient, submit: Call, recipe_text: str,
    path: str, who: str, status: int, code: str,
) -> None:  # fmt: skip
    client = {"stranger": stranger, "worker": worker}[who]
    body = {"kind": "merge", "recipe": recipe_text, "model_name": "m", "worker": "w"}
    answer = await client.post(path.format(id=(await submit())["id"]), json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_changed_setting_takes_the_place_of_the_old_token(
    resources: Resources, settings: ServiceSettings
) -> None:
    authenticator = TableAuthenticator(resources.database)
    rotated = settings.model_copy(update={"worker_token": SecretStr("mgh_another")})
    old = settings.worker_token.get_secret_value()
    for current, valid, gone in ((rotated, "mgh_another", old), (settings, old, "mgh_another")):
        async with resources.database.transaction() as session:
            await accept_settings_tokens(session, current)
        holder = await authenticator.principal(valid)
        assert (holder.name, holder.scopes) == ("worker", frozenset({"worker"}))
        assert await authenticator.principal(gone) is None


def test_description_names_every_operation_once(app: FastAPI) -> None:
    operations = {
        operation["operationId"]: path
        for path, methods in app.openapi()["paths"].items()
        for operation in methods.values()
    }
    assert set(operations) == {
        "publish_recipe", "check_recipe", "list_recipes", "get_recipe", "update_recipe",
        "get_recipe_facets", "get_recipe_suggestions", "list_similar_recipes",
        "publish_recipe_version",
        "list_recipe_versions", "get_recipe_version", "get_recipe_source",
        "get_recipe_by_name", "delete_recipe", "fork_recipe", "list_recipe_forks",
        "list_recipe_twins", "import_recipes", "export_recipes", "export_recipe_version",
        "compare_recipe_versions",
        "star_recipe", "unstar_recipe", "get_star", "list_stars", "list_starred_recipes",
        "list_comments", "add_comment", "get_comment", "edit_comment", "remove_comment",
        "submit_run", "list_runs", "get_run", "get_waiting", "list_run_items", "list_items_of_runs",
        "follow_run", "cancel_run", "retry_run",
        "get_run_lock", "list_run_tensors", "list_recipe_reproductions",
        "list_queues", "get_queue", "list_workers", "beat_worker", "leave_worker",
        "list_signing_keys",
        "list_artifacts", "get_artifact", "download_artifact_file", "delete_artifact",
        "pin_artifact", "unpin_artifact", "list_collection", "collect_artifacts",
        "get_retention", "set_retention", "remove_retention",
        "claim_run", "heartbeat_run", "release_run", "report_run", "list_events", "follow_events",
        "create_token", "list_tokens", "get_token", "revoke_token", "introspect_token",
        "list_audit", "get_hub", "get_me", "get_account", "update_account", "create_organisation",
        "sign_in", "sign_in_callback", "sign_out",
        "ask_for_shell", "let_shell_in", "redeem_shell_code",
        "list_members", "set_member", "remove_member", "list_quotas", "set_quota", "reset_quota",
        "create_webhook", "list_webhooks", "get_webhook", "change_webhook", "delete_webhook",
        "rotate_webhook_secret", "test_webhook", "list_webhook_deliveries", "get_webhook_delivery",
        "replay_webhook_delivery", "replay_webhook_range",
    }  # fmt: skip
    assert {service_for(path).name for path in operations.values()} == {"registry"}


def test_description_refers_only_to_what_it_defines(app: FastAPI) -> None:
    document = app.openapi()
    defined = {
        f"#/components/{kind}/{name}"
        for kind, components in document["components"].items()
        for name in components
    }
    refs = set(_refs(document))
    assert "#/components/schemas/Problem" in refs
    assert refs <= defined
    assert "#/components/schemas/HTTPValidationError" not in defined


@pytest.mark.parametrize(
    "name",
    [
        "Run",
        "Recipe",
        "RecipeVersion",
        "RecipePage",
        "RunPage",
        "Claim",
        "EventPage",
        "Worker",
        "WorkerPage",
        "Queue",
        "Token",
        "TokenCreated",
        "TokenPage",
        "AuditPage",
        "Endpoint",
        "EndpointWithSecret",
        "EndpointPage",
        "Delivery",
        "DeliveryPage",
        "DeliveryWithAttempts",
        "Replayed",
    ],
)
def test_outputs_have_no_optional_fields(app: FastAPI, name: str) -> None:
    schema = app.openapi()["components"]["schemas"][name]
    assert set(schema["required"]) == set(schema["properties"])


async def test_background_work_inside_the_process_rings_by_itself(
    settings: ServiceSettings, recipe_text: str, empty: None
) -> None:
    app = create_app(settings.model_copy(update={"background": "inline"}))
    async with app.router.lifespan_context(app):
        resources: Resources = app.state.resources
        token = {"Authorization": f"Bearer {settings.bootstrap_token.get_secret_value()}"}
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://hub", headers=token
        ) as client:
            body = {"kind": "merge", "recipe": recipe_text, "model_name": "m"}
            run = (await client.post("/v1/runs", json=body)).json()
        popped = await resources.redis.bzpopmin(queue_name("cpu"), timeout=8)
    assert popped[1] == f"run:{run['id']}:0:cpu".encode()


async def test_commit_of_a_change_wakes_those_who_wait(
    resources: Resources, owner: httpx.AsyncClient, submit: Call
) -> None:
    run = await submit()
    with resources.signals.subscribe(CHANNEL, run["id"]) as woken:
        async with asyncio.timeout(8):
            await owner.post(f"/v1/runs/{run['id']}/cancel")
            await wait(woken, 8)


async def test_replicas_may_start_at_once(
    settings: ServiceSettings, database_of: Callable[[str], Awaitable[str]]
) -> None:
    fresh = settings.model_copy(update={"database_url": await database_of("replicas")})

    async def start() -> int:
        app = create_app(fresh)
        transport = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://hub") as client,
        ):
            return (await client.get("/readyz")).status_code

    assert await asyncio.gather(start(), start(), start()) == [200, 200, 200]


def _refs(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [ref for value in node.values() for ref in _refs(value)]
    if isinstance(node, list):
        return [ref for value in node for ref in _refs(value)]
    return []


def test_owner_and_workers_with_one_token_are_told_so(settings: ServiceSettings) -> None:
    same = settings.model_dump() | {"worker_token": settings.bootstrap_token}
    with pytest.raises(ValueError, match="MERGEHUB_SERVICE_TOKEN are the same") as raised:
        ServiceSettings(**same)
    assert settings.bootstrap_token.get_secret_value() not in str(raised.value)


async def test_tokens_may_change_places(resources: Resources, settings: ServiceSettings) -> None:
    swapped = settings.model_copy(
        update={
            "bootstrap_token": settings.worker_token, "worker_token": settings.bootstrap_token
        }
    )  # fmt: skip
    authenticator = TableAuthenticator(resources.database)
    for given in (swapped, settings):
        async with resources.database.transaction() as session:
            await accept_settings_tokens(session, given)
        owner = await authenticator.principal(given.bootstrap_token.get_secret_value())
        assert owner is not None
        assert owner.name == "owner"


async def test_a_report_may_be_larger_than_other_bodies(worker: httpx.AsyncClient) -> None:
    nowhere = f"/v1/runs/{0:032x}"
    large = {"fence": 1, "outcome": "cancelled", "padding": "x" * (3 << 20)}
    assert (await worker.post(f"{nowhere}/report", json=large)).status_code == 422
    assert (await worker.post(f"{nowhere}/heartbeat", json=large)).status_code == 413
