"""Both Python clients against a server that misbehaves on purpose."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from scripted import Reply, Scripted, body, event, hold, lose, page, refuse, run, scripted, stream

from mergehub.backoff import Backoff
from mergehub.client import (
    AsyncMergehub,
    Call,
    HubError,
    HubUnreachable,
    Mergehub,
    Pages,
    api,
    exchange,
    following,
)

NOW = {"Retry_After": "0"}
WANTED: Any = {"kind": "evaluate", "model": "base", "benchmarks": ["next"]}


class Waiting:
    """The calls of the tests with the blocking client."""

    def send(self, hub: Scripted, *calls: Call[Any]) -> list[Any]:
        with Mergehub(hub.url) as client:
            return [client.send(call) for call in calls]

    def pages(self, hub: Scripted, call: Pages[Any, Any]) -> list[Any]:
        with Mergehub(hub.url) as client:
            return list(client.pages(call))

    def follow(self, hub: Scripted, most: int = 99, **how: Any) -> list[int]:
        seen = []
        with Mergehub(hub.url) as client:
            for each in client.follow("r", **how):
                seen.append(each["revision"])
                if len(seen) == most:
                    break
        return seen


class Yielding:
    """The calls of the tests with the asynchronous client."""

    def send(self, hub: Scripted, *calls: Call[Any]) -> list[Any]:
        async def sending() -> list[Any]:
            async with AsyncMergehub(hub.url) as client:
                return [await client.send(call) for call in calls]

        return asyncio.run(sending())

    def pages(self, hub: Scripted, call: Pages[Any, Any]) -> list[Any]:
        async def reading() -> list[Any]:
            async with AsyncMergehub(hub.url) as client:
                return [item async for item in client.pages(call)]

        return asyncio.run(reading())

    def follow(self, hub: Scripted, most: int = 99, **how: Any) -> list[int]:
        async def following() -> list[int]:
            seen = []
            async with AsyncMergehub(hub.url) as client:
                async for each in client.follow("r", **how):
                    seen.append(each["revision"])
                    if len(seen) == most:
                        break
            return seen

        return asyncio.run(following())


Client = Waiting | Yielding


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here depends on how long a client pauses."""
    for each in (exchange, following):
        monkeypatch.setattr(each, "BACKOFF", Backoff(first=0.01))


@pytest.fixture(params=[Waiting, Yielding])
def client(request: pytest.FixtureRequest) -> Client:
    made: Client = request.param()
    return made


def test_a_call_that_creates_is_sent_again_under_one_key(client: Client) -> None:
    running = refuse(409, **NOW)
    with scripted(refuse(429, **NOW), lose, running, body(run(1), 202)) as hub:
        assert client.send(hub, api.submit_run(WANTED)) == [run(1)]
        keys = hub.sent("idempotency-key")
    assert len(keys) == 4
    assert len(set(keys)) == 1
    assert keys[0]


def test_two_calls_have_two_keys_and_a_given_key_is_kept(client: Client) -> None:
    call = api.submit_run(WANTED)
    with scripted(*[body(run(1), 202)] * 3) as hub:
        client.send(hub, call, call, api.submit_run(WANTED, idempotency_key="mine"))
        keys = hub.sent("idempotency-key")
    assert len(set(keys)) == 3
    assert keys[2] == "mine"


def test_a_call_without_a_key_is_sent_again_only_where_nothing_was_done(client: Client) -> None:
    with scripted(refuse(429, **NOW), refuse(503, **NOW)) as hub:
        with pytest.raises(HubError) as refused:
            client.send(hub, api.cancel_run("r"))
        assert (refused.value.status, len(hub.asked)) == (503, 2)
    with scripted(lose) as hub:
        with pytest.raises(httpx.TransportError):
            client.send(hub, api.cancel_run("r"))
        assert len(hub.asked) == 1


def test_what_lasts_is_given_up_and_told_even_where_no_hub_answered(client: Client) -> None:
    with scripted(*[refuse(503, **NOW)] * 4) as hub:
        with pytest.raises(HubError) as refused:
            client.send(hub, api.list_runs())
        assert len(hub.asked) == 4
    error = refused.value
    assert (error.status, error.code, error.faults) == (503, "http-error", ())


def test_nobody_waits_for_longer_than_a_minute(client: Client) -> None:
    with scripted(refuse(429, Retry_After="3600")) as hub, pytest.raises(HubError) as refused:
        client.send(hub, api.list_runs())
    assert refused.value.status == 429


def test_a_date_says_when_to_come_back(client: Client) -> None:
    past = refuse(503, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT")
    with scripted(past, body({"items": []})) as hub:
        assert client.send(hub, api.list_boards()) == [{"items": []}]


def test_pages_follow_the_cursors_with_the_same_filters(client: Client) -> None:
    first = {"items": [1, 2], "next_cursor": "c/1"}
    with scripted(body(first), lose, body({"items": [3], "next_cursor": None})) as hub:
        assert client.pages(hub, api.list_recipes(tag="small", limit=2)) == [1, 2, 3]
        assert [each.path for each in hub.asked] == [
            "/v1/recipes?limit=2&tag=small",
            *["/v1/recipes?limit=2&cursor=c%2F1&tag=small"] * 2,
        ]


def test_a_value_cannot_leave_its_part_of_the_path(client: Client) -> None:
    with scripted(body({})) as hub:
        client.send(hub, api.get_board("../runs?x=#y"))
        assert hub.asked[0].path == "/v1/boards/..%2Fruns%3Fx%3D%23y"


def test_what_has_another_name_is_read_there(client: Client) -> None:
    moved = refuse(308, Location="/v1/recipes/named/me/stew")
    with scripted(moved, body({"name": "stew"})) as hub:
        assert client.send(hub, api.get_recipe_by_name("me", "soup")) == [{"name": "stew"}]
        assert [each.path for each in hub.asked] == [
            "/v1/recipes/named/me/soup", "/v1/recipes/named/me/stew",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("address", "asked"),
    [("https://evil.example.org/v1/recipes", 1), ("//evil.example.org/v1/", 1), ("/v1/x", 4)],
)
def test_nobody_is_led_to_another_server_or_round_and_round(
    client: Client, address: str, asked: int
) -> None:
    with scripted(*[refuse(308, Location=address)] * 9) as hub:
        with pytest.raises(HubError, match="308"):
            client.send(hub, api.get_recipe_by_name("me", "soup"))
        assert len(hub.asked) == asked


def test_a_change_is_not_sent_elsewhere(client: Client) -> None:
    with scripted(refuse(308, Location="/v1/x"), body({})) as hub:
        with pytest.raises(HubError, match="308"):
            client.send(hub, api.update_recipe("7", {"title": "T"}, if_match="*"))
        assert len(hub.asked) == 1


def test_a_stream_that_is_cut_goes_on_behind_what_was_told(client: Client) -> None:
    rest = stream(event(2), event(3), event(4, "succeeded"))
    with scripted(stream(event(1), event(2)), lose, rest) as hub:
        assert client.follow(hub) == [1, 2, 3, 4]
        assert hub.sent("last-event-id") == [None, "2", "2"]


def test_an_event_that_comes_in_halves_is_told_once_and_whole(client: Client) -> None:
    text = event(2, "succeeded")
    with scripted(stream(event(1), text[:40], text[40:], held=True)) as hub:
        assert client.follow(hub) == [1, 2]


def test_a_sign_of_life_between_events_is_no_event(client: Client) -> None:
    life = ": still here\n\n"
    with scripted(stream(life, event(1), life, life, event(2, "succeeded"), held=True)) as hub:
        assert client.follow(hub) == [1, 2]


def test_where_no_stream_comes_through_one_asks_and_waits(client: Client) -> None:
    polls = [body(run(1)), refuse(304), body(run(2, "failed"))]
    with scripted(body({}), *polls) as hub:
        assert client.follow(hub) == [1, 2]
        assert hub.sent("if-none-match")[1:] == ['"0"', '"1"', '"1"']
        assert {each.path for each in hub.asked[1:]} == {"/v1/runs/r?wait=25"}


def test_streams_that_something_holds_back_are_given_up_for_asking(client: Client) -> None:
    with scripted(hold, stream(held=True), body(run(2, "cancelled"))) as hub:
        assert client.follow(hub, quiet_seconds=0.1) == [2]


def test_a_run_that_does_not_exist_is_an_error_at_once(client: Client) -> None:
    with scripted(refuse(404)) as hub:
        with pytest.raises(HubError) as refused:
            client.follow(hub)
        assert (refused.value.status, len(hub.asked)) == (404, 1)


def test_behind_the_end_of_a_run_nothing_comes(client: Client) -> None:
    with scripted(refuse(204)) as hub:
        assert client.follow(hub, after=7) == []
        assert hub.sent("last-event-id") == ["7"]


def test_following_ends_when_one_has_seen_enough(client: Client) -> None:
    with scripted(stream(event(1), event(2), held=True)) as hub:
        assert client.follow(hub, most=1) == [1]


def test_a_hub_that_is_away_is_told_with_its_address(client: Client) -> None:
    with scripted() as hub:
        pass
    for ask in (lambda: client.send(hub, api.list_runs()), lambda: client.follow(hub)):
        with pytest.raises(HubUnreachable, match=f"no hub at {hub.url}"):
            ask()


def test_following_can_be_cancelled() -> None:
    async def cancelling(hub: Scripted) -> None:
        async with AsyncMergehub(hub.url) as client:
            async for _ in client.follow("r"):
                task = asyncio.current_task()
                assert task
                task.cancel()

    with (
        scripted(stream(event(1), held=True)) as hub,
        pytest.raises(asyncio.CancelledError),
    ):
        asyncio.run(cancelling(hub))


def test_an_error_that_is_printed_tells_its_faults(client: Client) -> None:
    faults = [
        {"pointer": "/kind", "detail": "must be 'merge'", "suggestion": "did you mean 'merge'?",
         "code": "choice", "line": None},
        {"pointer": "/recipe#/dtype", "detail": "is none", "suggestion": None, "code": "choice",
         "line": 3},
    ]  # fmt: skip
    about = {"detail": "Not valid.", "code": "invalid", "title": "No", "type": "/docs/problems"}
    refusal = body({**about, "errors": faults}, 422)
    with scripted(refusal) as hub, pytest.raises(HubError) as refused:
        client.send(hub, api.list_runs())
    assert str(refused.value) == (
        "Not valid.\n"
        "  /kind: must be 'merge' (did you mean 'merge'?)\n"
        "  /recipe#/dtype (line 3): is none"
    )
    assert refused.value.detail == "Not valid."


@pytest.mark.parametrize("reply", [refuse(404), body({"detail": "Not Found"}, 404), page(200)])
def test_what_is_no_hub_is_said_with_its_address(client: Client, reply: Reply) -> None:
    with scripted(reply) as hub, pytest.raises(HubError) as refused:
        client.send(hub, api.list_runs())
    detail = refused.value.detail
    assert f"The server at {hub.url} does not look like a Mergehub" in detail
    assert "without problem details" in detail


def test_an_address_that_leads_elsewhere_says_where(client: Client) -> None:
    moved = refuse(301, Location="https://hub.example/v1/runs")
    with scripted(moved) as hub, pytest.raises(HubError, match=r"https://hub\.example/v1/runs"):
        client.send(hub, api.list_runs())


def test_where_nobody_speaks_tls_the_scheme_is_named(client: Client) -> None:
    with scripted() as hub:
        hub.scheme = "https"
        with pytest.raises(HubUnreachable, match="begins with http://") as refused:
            client.send(hub, api.list_runs())
    assert "There is no hub" not in refused.value.detail


@pytest.mark.parametrize("first", [lose, refuse(503)])
def test_who_follows_hears_once_that_the_hub_is_away_and_once_that_it_is_back(
    client: Client, first: Reply
) -> None:
    away = [first, lose, refuse(502), lose]
    heard: list[bool] = []
    with scripted(stream(event(1)), *away, stream(event(2, "succeeded"))) as hub:
        assert client.follow(hub, on_outage=heard.append) == [1, 2]
    assert heard == [True, False]


def test_a_stream_that_breaks_and_goes_on_is_no_outage(client: Client) -> None:
    heard: list[bool] = []
    with scripted(stream(event(1)), stream(), stream(event(2, "succeeded"))) as hub:
        assert client.follow(hub, on_outage=heard.append) == [1, 2]
    assert heard == []


def test_a_hub_that_is_back_without_news_is_back(client: Client) -> None:
    heard: list[bool] = []
    back = stream(": nothing new\n\n")
    with scripted(stream(event(1)), refuse(503), back, stream(event(2, "failed"))) as hub:
        client.follow(hub, on_outage=heard.append)
    assert heard == [True, False]
