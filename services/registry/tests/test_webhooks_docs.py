"""The documentation's instructions for receivers work."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from receiver import Receiver

from registry.webhooks import housekeeping
from registry.webhooks.sending import attempt, health, schedule
from registry.webhooks.sending.concurrency import Concurrency
from registry.webhooks.sending.sender import Sender

Call = Callable[..., Awaitable[Any]]

PAGE = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text()


async def test_example_verifies_what_is_sent_and_nothing_else(
    listen: Call, submit: Call, sender: Sender, receiver: Receiver, capsys: Any
) -> None:
    endpoint = await listen()
    await submit()
    await sender.send_due()
    (request,) = receiver.received
    example = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
    names: dict[str, Any] = {}
    exec(example.replace("whsec_…", endpoint["secret"]), names)

    assert names["handle"](request.body, request.headers) == 204
    assert capsys.readouterr().out.startswith("run.queued runs/")
    assert names["handle"](request.body + b" ", request.headers) == 400


async def test_example_of_key_pairs_verifies_what_is_sent_and_nothing_else(
    listen: Call, submit: Call, sender: Sender, receiver: Receiver
) -> None:
    endpoint = await listen(signature="v1a")
    await submit()
    await sender.send_due()
    (request,) = receiver.received
    example = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
    names: dict[str, Any] = {}
    exec(example.replace("whpk_…", endpoint["public_key"]), names)

    assert names["is_genuine"](request.body, request.headers)
    assert not names["is_genuine"](request.body + b" ", request.headers)
    old = request.headers | {"webhook-timestamp": "1700000000"}
    assert not names["is_genuine"](request.body, old)


def test_page_tells_the_numbers_that_are_used() -> None:
    assert f"within {attempt.REQUEST_SECONDS:g} seconds" in PAGE
    assert f"for {health.FAILING_HOURS} hours" in PAGE
    assert f"last {housekeeping.KEPT_DAYS} days" in PAGE
    assert (schedule.OVERLOADED_SECONDS, schedule.JITTER) == (15, 0.2)
    assert (Concurrency.MOST, Concurrency.FAILING) == (50, 2)
