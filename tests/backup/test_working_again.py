"""A hub that was restored elsewhere continues as soon as it has a worker."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from running import RunningHub
from standardwebhooks import Webhook

from backup.first_hub import (
    SECONDS,
    Story,
    finished,
    merge,
)
from backup.receiving import Receiver
from mergehub.client import api

pytestmark = [pytest.mark.timeout(600), pytest.mark.process]


def test_runs_that_waited_or_were_under_way_run_to_their_end(
    working: RunningHub, story: Story
) -> None:
    with working.client() as client:
        states = {client.run(run).state for run in story.acknowledged}
    assert states == {"succeeded"}


def test_events_go_on_without_a_gap_and_each_is_applied_once(working: RunningHub) -> None:
    with working.client() as client:
        last = finished(client, merge("last", 9))
        feed: list[Any] = []
        while page := client.send(api.list_events(after=len(feed), limit=200))["items"]:
            feed += page
        produced = [each["data"] for each in feed if each["type"] == "model.produced"]
        while not client.get("/v1/models", name="local/last")["items"]:
            threading.Event().wait(0.05)
        for model in produced:
            [known] = client.get("/v1/models", name=model["name"])["items"]
            assert len(client.ancestors(known["id"])["edges"]) == 2, model
    assert [each["sequence"] for each in feed] == list(range(1, len(feed) + 1))
    runs = [str(each["run"]) for each in produced]
    assert len(set(runs)) == len(runs)
    assert str(last.id) in runs


def test_webhooks_are_signed_with_the_secret_of_before(
    working: RunningHub, story: Story, receiver: Receiver
) -> None:
    with working.client() as client:
        run = finished(client, merge("told", 11))
    subject = None
    while subject != f"runs/{run.id}":
        headers, body = receiver.taken.get(timeout=SECONDS)
        payload = Webhook(story.webhook["secret"]).verify(body, headers)
        subject = payload["subject"]
