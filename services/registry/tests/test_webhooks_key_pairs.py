"""`v1a`: signatures that everyone can verify and only the hub can make."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from receiver import Received, Receiver
from sqlalchemy import text

from registry.webhooks.sending.sender import Sender

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]

# RFC 8032, section 7.1, test 1: a key, and its signature of an empty message.
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")


def verified(request: Received, public_key: str, body: bytes | None = None) -> bool:
    """Whether a signature of the request is by the key, according to Standard Webhooks."""
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key.removeprefix("whpk_")))
    headers = request.headers
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode()
    for each in headers["webhook-signature"].split(" "):
        version, _, signature = each.partition(",")
        if version == "v1a":
            try:
                key.verify(base64.b64decode(signature), signed + (body or request.body))
            except InvalidSignature:
                continue
            return True
    return False


async def test_the_public_key_verifies_what_is_sent_and_nothing_else(
    owner: httpx.AsyncClient, listen: Call, submit: Call, sender: Sender, receiver: Receiver
) -> None:
    endpoint = await listen(signature="v1a")
    assert endpoint["secret"] is None
    assert endpoint["public_key"].startswith("whpk_")
    shown = (await owner.get(f"/v1/webhooks/{endpoint['id']}")).json()
    assert shown["public_key"] == endpoint["public_key"]
    other = await owner.post("/v1/webhooks", json={"url": receiver.url, "signature": "v1a",
                                                   "types": ["run.failed"]})  # fmt: skip

    await submit()
    await sender.send_due()
    (request,) = receiver.received
    assert request.headers["webhook-signature"].startswith("v1a,")
    assert verified(request, endpoint["public_key"])
    assert not verified(request, endpoint["public_key"], request.body + b" ")
    assert not verified(request, other.json()["public_key"])


async def test_after_a_rotation_both_keys_verify_for_a_day(
    owner: httpx.AsyncClient, listen: Call, submit: Call, sender: Sender, receiver: Receiver,
    transaction: Any,
) -> None:  # fmt: skip
    before = await listen(signature="v1a")
    rotated = await owner.post(f"/v1/webhooks/{before['id']}/rotate")
    after = rotated.json()
    assert after["secret"] is None
    assert after["public_key"] != before["public_key"]
    await submit()
    await sender.send_due()
    during = receiver.received.pop()
    assert verified(during, before["public_key"])
    assert verified(during, after["public_key"])

    async with transaction() as session:
        await session.execute(text("UPDATE webhook_endpoints SET previous_until = now()"))
    await submit()
    await sender.send_due()
    later = receiver.received.pop()
    assert verified(later, after["public_key"])
    assert not verified(later, before["public_key"])


async def test_an_endpoint_moves_from_a_secret_to_a_key_pair_and_back(
    owner: httpx.AsyncClient, listen: Call, submit: Call, sender: Sender, receiver: Receiver
) -> None:
    secret = (endpoint := await listen())["secret"]
    rotate = f"/v1/webhooks/{endpoint['id']}/rotate"
    pair = (await owner.post(rotate, json={"signature": "v1a"})).json()
    assert (pair["signature"], pair["secret"]) == ("v1a", None)
    await submit()
    await sender.send_due()
    request = receiver.received.pop()
    assert request.verified(secret)
    assert verified(request, pair["public_key"])

    back = (await owner.post(rotate, json={"signature": "v1"})).json()
    assert (back["signature"], back["public_key"]) == ("v1", None)
    await submit()
    await sender.send_due()
    request = receiver.received.pop()
    assert request.verified(back["secret"])
    assert verified(request, pair["public_key"])


async def test_the_private_key_is_in_no_answer_and_not_in_the_database(
    owner: httpx.AsyncClient, listen: Call, transaction: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.webhooks.signing.secrets.token_bytes", lambda n: SEED[:n])
    key = {"Idempotency-Key": "k"}
    body = {"url": "https://example.com/", "signature": "v1a"}
    made = await owner.post("/v1/webhooks", json=body, headers=key)
    monkeypatch.undo()
    assert made.json()["public_key"] == "whpk_" + base64.b64encode(PUBLIC).decode()
    answers = [made, await owner.get(made.headers["location"]), await owner.get("/v1/webhooks")]
    async with transaction() as session:
        rows = await session.scalars(
            text(
                "SELECT t::text FROM webhook_endpoints AS t "
                "UNION ALL SELECT t::text FROM idempotency_keys AS t"
            )
        )
        told = [each.text for each in answers] + list(rows)
    assert len(told) == 5
    private = base64.b64encode(SEED).decode()
    assert not any(private in each or "whsk_" in each for each in told)


async def test_an_unknown_signature_is_refused(owner: httpx.AsyncClient) -> None:
    body = {"url": "https://example.com/", "signature": "v2"}
    answer = await owner.post("/v1/webhooks", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/signature")
