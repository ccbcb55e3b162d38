"""Every change names its actor: nothing is written without one, and quotas hold for each."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from mergehub.contracts.kinds.merge import MergeRunCreate
from mergehub.kit.identity.tokens import Principal
from mergehub.kit.problems.problem import Problem
from mergehub.kit.settings.sign_in import QUOTAS
from registry.accounts import members
from registry.accounts import service as accounts
from registry.accounts.quotas import Count, check_quota, number
from registry.accounts.schemas import OrganisationCreate
from registry.actor import SYSTEM, Actor
from registry.app import COUNTS
from registry.audit.models import AuditRow
from registry.audit.service import audit
from registry.recipes import changing
from registry.recipes import service as recipes
from registry.recipes.check import check
from registry.recipes.schemas import RecipeCreate
from registry.runs import service as runs
from registry.tokens import service as tokens
from registry.webhooks import deliveries
from registry.webhooks import service as webhooks

Call = Callable[..., Awaitable[Any]]

RECIPE = "merge_method: linear\nmodels: [{model: a}, {model: b}]\n"
WRITES = [
    accounts.create_organisation,
    accounts.update,
    members.put,
    members.remove,
    recipes.publish,
    recipes.publish_version,
    changing.update,
    runs.submit,
    runs.cancel,
    runs.retry,
    tokens.create,
    tokens.revoke,
    webhooks.create,
    webhooks.change,
    webhooks.delete,
    webhooks.rotate,
    deliveries.replay,
    deliveries.replay_range,
    deliveries.send_test,
    check_quota,
    audit,
]


def ann_with(limit: int | None) -> Actor:
    """Ann as an actor whose every quota is `limit`."""
    who = Principal("laptop", frozenset({"admin"}), account="ann")
    return Actor(who, "from-nowhere", lambda name: limit)


async def publish(session: Any, actor: Actor) -> Any:
    wanted = RecipeCreate(name="soup", recipe=RECIPE)
    return await recipes.publish(session, actor, wanted, await check(RECIPE))


async def submit(session: Any, actor: Actor) -> Any:
    wanted = MergeRunCreate(kind="merge", recipe=RECIPE, model_name="m")
    return await runs.submit(session, actor, wanted)


async def organise(session: Any, actor: Actor) -> Any:
    return await accounts.create_organisation(session, actor, OrganisationCreate(handle="lab"))


@pytest.fixture
async def ann(person: Call) -> None:
    await person("ann")


@pytest.mark.parametrize("write", WRITES, ids=lambda each: f"{each.__module__}.{each.__name__}")
def test_no_write_is_called_without_an_actor(write: Callable[..., Any]) -> None:
    actors = [
        each
        for each in inspect.signature(write, eval_str=True).parameters.values()
        if each.annotation is Actor
    ]
    assert [each.default for each in actors] == [inspect.Parameter.empty]


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (publish, "quota-exceeded"),
        (submit, "run-quota-exceeded"),
        (organise, "quota-exceeded"),
    ],
)
async def test_quotas_hold_where_a_service_is_called_without_a_request(
    ann: None, transaction: Any, act: Call, code: str
) -> None:
    async with transaction() as session:
        await act(session, ann_with(1))
    with pytest.raises(Problem) as refused:
        async with transaction() as session:
            await act(session, ann_with(0))
    assert refused.value.code == code


async def test_nothing_limits_the_registry_itself(ann: None, transaction: Any) -> None:
    async with transaction() as session:
        for count in COUNTS:
            await check_quota(session, SYSTEM, "ann", count)


async def test_a_noun_counts_what_it_declares(ann: None, transaction: Any) -> None:
    changes = Count("changes", "changes", lambda who: number(AuditRow.account == who))
    async with transaction() as session:
        await check_quota(session, ann_with(1), "ann", changes)
        await audit(session, ann_with(1), "account.changed", "accounts/ann")
        with pytest.raises(Problem, match="ann has 1 changes, and its quota changes is 1"):
            await check_quota(session, ann_with(1), "ann", changes)


async def test_a_change_is_written_down_for_the_actor_whoever_asks(
    owner: httpx.AsyncClient, ann: None, transaction: Any
) -> None:
    async with transaction() as session:
        await organise(session, ann_with(1))
    [entry] = (await owner.get("/v1/accounts/audit")).json()["items"]
    assert (entry["actor"], entry["account"]) == ("laptop", "ann")
    assert (entry["action"], entry["request_id"]) == ("organisation.created", "from-nowhere")


def test_every_quota_that_settings_know_is_counted_by_a_noun() -> None:
    assert {count.name for count in COUNTS} == set(QUOTAS)
