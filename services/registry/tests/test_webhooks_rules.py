"""The rules of webhooks in isolation: signatures, schedule, payloads."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from registry.webhooks.bodies.standard import LARGEST_BYTES, body
from registry.webhooks.sending.schedule import (
    ATTEMPTS,
    LONGEST_PAUSE,
    PAUSES,
    judge,
    pause_before,
)
from registry.webhooks.signing import message_id, new_secret, signed_headers

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
attempts = st.integers(1, ATTEMPTS)
seconds = st.none() | st.floats(0, LONGEST_PAUSE)


@given(st.uuids(), st.text(st.characters(exclude_categories=["Cs"])), st.integers(1, 3))
def test_official_library_accepts_every_signature(event: UUID, text: str, count: int) -> None:
    secrets = [new_secret("v1") for _ in range(count)]
    payload = json.dumps({"text": text}, ensure_ascii=False).encode()
    headers = signed_headers(secrets, message_id(event), int(time.time()), payload)
    for secret in secrets:
        assert Webhook(secret).verify(payload, headers) == {"text": text}
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret("v1")).verify(payload, headers)


@given(st.binary(min_size=1), st.integers(0))
def test_official_library_refuses_a_changed_body(body: bytes, place: int) -> None:
    text = base64.b64encode(body)
    place %= len(text)
    changed = text[:place] + (b"!" if text[place : place + 1] != b"!" else b"?") + text[place + 1 :]
    secret = new_secret("v1")
    headers = signed_headers([secret], "msg_1", int(time.time()), text)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(changed, headers, json_parse=False)


def test_signature_is_that_of_the_specification() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = signed_headers(
        [secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_secret_has_the_length_and_prefix_of_the_standard() -> None:
    secret = new_secret("v1")
    assert secret.startswith("whsec_")
    assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"))) <= 64


@given(st.uuids())
def test_message_id_holds_no_full_stop(event: UUID) -> None:
    assert "." not in message_id(event)


def test_schedule_has_ten_tries_in_three_days() -> None:
    assert PAUSES == (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
    assert sum(PAUSES) == 75 * 3600 + 35 * 60 + 5


@given(attempts, st.floats(0, LONGEST_PAUSE))
def test_pause_is_never_shorter_than_planned_or_asked_for(attempt: int, asked: float) -> None:
    least = max(PAUSES[attempt - 1], asked)
    assert least <= pause_before(attempt, asked) <= least * 1.2


def test_pauses_are_spread() -> None:
    assert len({pause_before(5) for _ in range(20)}) > 1


@given(attempts, st.integers(200, 299), seconds)
def test_every_2xx_is_a_success(attempt: int, status: int, asked: float | None) -> None:
    verdict = judge(attempt, status, asked)
    assert (verdict.state, verdict.rest, verdict.gone) == ("delivered", 0, False)


@given(attempts, st.none() | st.integers(300, 599) | st.integers(100, 199), seconds)
def test_everything_else_is_tried_again_until_the_tenth(
    attempt: int, status: int | None, asked: float | None
) -> None:
    verdict = judge(attempt, status, asked)
    assert verdict.gone == (status == 410)
    assert verdict.state == ("failed" if verdict.gone or attempt == ATTEMPTS else "pending")
    if verdict.state == "pending":
        assert verdict.pause >= max(PAUSES[attempt], asked or 0)
    if status in (429, 502, 504):
        assert verdict.rest > 0
    if not verdict.gone:
        assert verdict.rest >= (asked or 0)


@given(st.integers(1, ATTEMPTS - 1), st.floats(LONGEST_PAUSE, allow_nan=False))
def test_nobody_is_given_more_rest_than_a_day(attempt: int, asked: float) -> None:
    verdict = judge(attempt, 503, asked)
    assert verdict.rest == LONGEST_PAUSE
    assert LONGEST_PAUSE <= verdict.pause <= LONGEST_PAUSE * 1.2


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30_000),
    lambda inner: st.lists(inner, max_size=5),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=30), json_values, max_size=10), st.text(max_size=300))
def test_payload_is_json_of_less_than_20_kb(data: dict[str, object], subject: str) -> None:
    text = body("run.queued", NOW, subject, data)
    assert len(text.encode()) < LARGEST_BYTES
    payload = json.loads(text)
    assert datetime.fromisoformat(payload["timestamp"]) == NOW
    shortened = payload.get("shortened", [])
    assert {n: v for n, v in payload["data"].items() if n not in shortened} == {
        n: v for n, v in data.items() if n not in shortened
    }
    assert all(type(payload["data"][name]) is type(data[name]) for name in shortened)
