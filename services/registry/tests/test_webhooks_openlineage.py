"""Listeners of OpenLineage get the runs of the hub as run events, in order."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from callers import MERGED
from published_openlineage import check
from receiver import Receiver, answers
from sqlalchemy import select, text

from mergehub.contracts.event_samples.samples import samples
from mergehub.kit.background.resources import Resources
from registry.events.tables import OutboxRow
from registry.runs.protocol.sweeper import Sweeper
from registry.webhooks.bodies.openlineage import body_of, has_form
from registry.webhooks.sending.sender import Sender

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]
Told = Callable[[], Awaitable[list[Json]]]

HOOK = {"url": "https://example.com/api/v1/lineage"}
ANY = {"If-Match": "*"}
EVALUATED = {
    "kind": "evaluate", "model": "org/first", "model_digest": "sha256:m", "harness": "h",
    "seconds": 1.0, "results": [],
}  # fmt: skip


@pytest.fixture
def told(sender: Sender, receiver: Receiver) -> Told:
    """Send what is due, and return the events that the receiver has got so far."""

    async def told() -> list[Json]:
        while await sender.send_due():
            pass
        events = [json.loads(request.body) for request in receiver.received]
        for event in events:
            check(event)
        return events

    return told


@pytest.fixture
def end(worker: httpx.AsyncClient) -> Call:
    """Report how an attempt ended."""

    async def end(claim: Json, **report: Any) -> None:
        body = {"fence": claim["fence"], **report}
        answer = await worker.post(f"/v1/runs/{claim['run_id']}/report", json=body)
        assert answer.status_code == 200, answer.text

    return end


def states(events: list[Json]) -> list[str]:
    return [event["eventType"] for event in events]


async def test_a_merge_starts_and_completes_with_its_parents_as_inputs(
    listen: Call, submit: Call, claim: Call, report: Call, told: Told, resources: Resources
) -> None:
    await listen(format="openlineage")
    run = await submit()
    parents = [
        {"name": "org/first", "weight": 0.5, "digest": "sha256:1", "role": "base"},
        {"name": "org/second"},
    ]
    await report(await claim(run), result=MERGED | {"parents": parents})

    started, completed = await told()

    assert states([started, completed]) == ["START", "COMPLETE"]
    assert {each["run"]["runId"] for each in (started, completed)} == {run["id"]}
    assert started["job"] == completed["job"]
    namespace, name = completed["job"]["namespace"], completed["job"]["name"]
    assert (namespace, name) == (resources.settings.hub_url, "merge/local/merged")
    assert [each["name"] for each in started["outputs"]] == ["local/merged"]
    assert [each["name"] for each in completed["inputs"]] == ["org/first", "org/second"]
    assert completed["inputs"][0]["facets"]["version"]["datasetVersion"] == "sha256:1"
    (made,) = completed["outputs"]
    assert made["name"] == "local/merged"
    assert made["facets"]["version"]["datasetVersion"] == MERGED["output_digest"]
    assert [
        (each["name"], each["transformations"][0]["description"])
        for each in made["facets"]["lineage"]["inputs"]
    ] == [
        ("org/first", "linear as base, weight 0.5"),
        ("org/second", "linear as ingredient"),
    ]


async def test_a_published_recipe_is_the_job_of_its_runs(
    listen: Call, submit: Call, claim: Call, told: Told, owner: httpx.AsyncClient, recipe_text: str
) -> None:
    await listen(format="openlineage")
    made = await owner.post("/v1/recipes", json={"name": "soup", "recipe": recipe_text})
    version = made.json()["version"]["id"]
    for name in ("local/one", "local/two"):
        await claim(await submit(recipe=None, recipe_version=version, model_name=name))
    assert [each["job"]["name"] for each in await told()] == [f"recipe/{version}"] * 2


async def test_a_run_starts_once_however_many_attempts_it_takes_and_fails_with_its_error(
    listen: Call, submit: Call, claim: Call, end: Call, told: Told, worker: httpx.AsyncClient,
    transaction: Any,
) -> None:  # fmt: skip
    await listen(format="openlineage")
    run = await submit()
    given = await claim(run)
    release = {"fence": given["fence"], "reason": "The worker stops."}
    assert (await worker.post(f"/v1/runs/{run['id']}/release", json=release)).status_code == 200
    error = {"code": "merge-failed", "message": "Shapes differ.", "retryable": False}
    await end(await claim(run), outcome="failed", error=error)

    events = await told()

    assert states(events) == ["START", "RUNNING", "FAIL"]
    assert {event["run"]["runId"] for event in events} == {run["id"]}
    facet = events[-1]["run"]["facets"]["errorMessage"]
    assert (facet["message"], facet["programmingLanguage"]) == ("Shapes differ.", "PYTHON")
    assert events[-1]["outputs"] == []


async def test_a_cancelled_run_aborts_if_it_had_started(
    listen: Call, submit: Call, claim: Call, end: Call, told: Told, owner: httpx.AsyncClient
) -> None:
    await listen(format="openlineage")
    never, begun = await submit(), await submit()
    given = await claim(begun)
    for run in (never, begun):
        await owner.post(f"/v1/runs/{run['id']}/cancel")
    await end(given, outcome="cancelled")

    events = await told()

    assert states(events) == ["START", "ABORT"]
    assert {event["run"]["runId"] for event in events} == {begun["id"]}


async def test_an_evaluation_reads_its_model(
    listen: Call, claim: Call, end: Call, told: Told, owner: httpx.AsyncClient
) -> None:
    await listen(format="openlineage")
    wanted = {"kind": "evaluate", "model": "org/first", "benchmarks": ["dates"]}
    run = (await owner.post("/v1/runs", json=wanted)).json()
    await end(await claim(run), outcome="succeeded", result=EVALUATED)

    events = await told()

    assert states(events) == ["START", "COMPLETE"]
    for event in events:
        assert event["job"]["name"] == "evaluate/org/first"
        assert [each["name"] for each in event["inputs"]] == ["org/first"]
        assert event["outputs"] == []


async def test_a_run_completes_only_after_its_start_has_arrived(
    listen: Call, submit: Call, claim: Call, report: Call, told: Told, receiver: Receiver,
    due: Call,
) -> None:  # fmt: skip
    endpoint = await listen(format="openlineage")
    assert endpoint["ordered"]
    receiver.respond = answers(500, 200)
    await report(await claim(await submit()))
    assert states(await told()) == ["START"]
    await due()
    assert states(await told()) == ["START", "START", "COMPLETE"]


async def test_other_endpoints_get_the_same_events_as_before(
    listen: Call, submit: Call, claim: Call, report: Call, deliveries: Call
) -> None:
    standard, listener = await listen(), await listen(format="openlineage")
    await report(await claim(await submit()))
    assert [each["type"] for each in await deliveries(standard)] == [
        "run.queued", "run.started", "run.succeeded", "model.produced",
    ]  # fmt: skip
    log = await deliveries(listener)
    assert [each["type"] for each in log] == ["run.started", "model.produced"]
    assert {each["subject"] for each in log} == {f"runs/{log[0]['payload']['run']['runId']}"}


async def test_a_test_is_a_run_of_its_own_job(
    listen: Call, owner: httpx.AsyncClient, told: Told
) -> None:
    endpoint = await listen(format="openlineage")
    sent = await owner.post(f"/v1/webhooks/{endpoint['id']}/test")
    assert sent.status_code == 202
    (event,) = await told()
    assert (event["eventType"], event["job"]["name"]) == ("COMPLETE", "test/webhook")


async def test_replay_sends_the_runs_from_before_the_listener_existed(
    listen: Call, submit: Call, claim: Call, report: Call, told: Told, owner: httpx.AsyncClient
) -> None:
    await report(await claim(await submit()))
    endpoint = await listen(format="openlineage")
    span = {"since": "2026-01-01T00:00:00Z"}
    for count in (2, 0):
        again = await owner.post(f"/v1/webhooks/{endpoint['id']}/replay", json=span)
        assert again.json() == {"deliveries": count, "complete": True}
        assert states(await told()) == ["START", "COMPLETE"]


async def test_the_database_finds_the_events_that_have_a_form(
    empty: None, transaction: Any
) -> None:
    async with transaction() as session:
        for each in samples():
            data = {"started_at": None} | each.data  # as releases before wrote them
            for told in (each.data, {name: v for name, v in data.items() if name != "started_at"}):
                row = OutboxRow(
                    event_id=uuid4(),
                    type=each.type,
                    subject=each.subject,
                    time=each.time,
                    data=told,
                )
                session.add(row)
        await session.flush()
        rows = await session.scalars(select(OutboxRow).where(OutboxRow.type != "webhook.test"))
        formed = set(await session.scalars(select(OutboxRow.id).where(has_form(OutboxRow))))
        expected = {row.id for row in rows if body_of(row, "http://hub.example") is not None}
        assert formed == expected
        assert len(formed) == 6
        await session.rollback()


async def test_a_type_without_a_form_is_refused_and_the_others_are_named(
    owner: httpx.AsyncClient,
) -> None:
    wanted = HOOK | {"format": "openlineage", "types": ["run.failed", "recipe.published"]}
    refused = await owner.post("/v1/webhooks", json=wanted)
    assert (refused.status_code, refused.json()["code"]) == (422, "webhook-type-without-form")
    (fault,) = refused.json()["errors"]
    assert fault["pointer"] == "/types/1"
    assert "run.started" in fault["detail"]
    wanted["types"] = ["run.failed"]
    made = (await owner.post("/v1/webhooks", json=wanted)).json()
    changed = await owner.patch(
        f"/v1/webhooks/{made['id']}", headers=ANY, json={"types": ["run.queued"]}
    )
    assert changed.json()["code"] == "webhook-type-without-form"


async def test_an_endpoint_may_have_its_events_unordered(owner: httpx.AsyncClient) -> None:
    for wanted, ordered in (
        ({}, False),
        ({"ordered": True}, True),
        ({"format": "openlineage"}, True),
        ({"format": "openlineage", "ordered": False}, False),
    ):
        assert (await owner.post("/v1/webhooks", json=HOOK | wanted)).json()["ordered"] is ordered


async def test_a_lapsed_attempt_is_no_failure_while_another_follows(
    listen: Call, submit: Call, claim: Call, lapse: Call, sweeper: Sweeper, report: Call, told: Told
) -> None:
    await listen(format="openlineage")
    run = await submit()
    await claim(run)
    await lapse(run)
    await sweeper.take_back_lapsed()
    await report(await claim(run))
    assert states(await told()) == ["START", "RUNNING", "COMPLETE"]


async def test_a_listener_gets_its_bearer_token_and_nobody_sees_it(
    listen: Call, submit: Call, claim: Call, told: Told, receiver: Receiver, transaction: Any,
    owner: httpx.AsyncClient,
) -> None:  # fmt: skip
    token = "eyJhbGciOi.J9-_~+/=="
    endpoint = await listen(format="openlineage", bearer_token=token)
    assert endpoint["has_bearer_token"]
    assert "bearer_token" not in endpoint
    shown = await owner.get(f"/v1/webhooks/{endpoint['id']}")
    assert token not in shown.text
    async with transaction() as session:
        rows = await session.scalars(text("SELECT t::text FROM webhook_endpoints AS t"))
        assert not [row for row in rows if token in row]
    await claim(await submit())
    await told()
    (request,) = receiver.received
    assert request.headers["authorization"] == f"Bearer {token}"
    assert request.verified(endpoint["secret"])


async def test_a_bearer_token_does_not_follow_to_another_origin_unseen(
    owner: httpx.AsyncClient,
) -> None:
    made = await owner.post("/v1/webhooks", json=HOOK | {"bearer_token": "t"})
    address = made.headers["location"]

    async def change(**wanted: Any) -> httpx.Response:
        return await owner.patch(address, headers=ANY, json=wanted)

    for url in ("https://evil.example/x", "http://example.com/", "https://example.com:444/"):
        refused = await change(url=url)
        assert (refused.status_code, refused.json()["code"]) == (
            422, "webhook-bearer-token-needed",
        )  # fmt: skip
        assert refused.json()["errors"][0]["pointer"] == "/bearer_token"
    same = await change(url="https://example.com:443/other")
    assert same.json()["has_bearer_token"]
    moved = await change(url="https://example.org/", bearer_token="u")
    assert moved.json()["has_bearer_token"]
    without = await change(url="https://example.net/", bearer_token="")
    assert not without.json()["has_bearer_token"]


@pytest.mark.parametrize("token", ["two words", "line\r\nX-Evil: 1", "ü", "a=b", "x" * 4001])
async def test_a_token_that_is_no_header_is_refused_and_not_repeated(
    owner: httpx.AsyncClient, token: str
) -> None:
    refused = await owner.post("/v1/webhooks", json=HOOK | {"bearer_token": token})
    assert refused.status_code == 422
    (fault,) = refused.json()["errors"]
    assert fault["pointer"] == "/bearer_token"
    assert token not in refused.text
