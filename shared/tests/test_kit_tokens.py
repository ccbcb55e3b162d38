"""Tokens in the kit: comparing, deriving, and caching answers within limits."""

from __future__ import annotations

import asyncio
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from mergehub.kit.identity import tokens
from mergehub.kit.identity.token_cache import KEPT_SECONDS, CachingAuthenticator
from mergehub.kit.identity.tokens import Principal, derived_token, hash_token, new_token, same_hash


class Clock:
    """A clock that tests advance."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


class Holders:
    """An authenticator that counts how often it is asked, and answers when it may."""

    def __init__(self, *holders: Principal) -> None:
        self.tokens = {f"mgh_{holder.name}": holder for holder in holders}
        self.asked: list[str] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.failing = False

    async def principal(self, token: str) -> Principal | None:
        self.asked.append(token)
        found = self.tokens.get(token)
        await self.may_answer.wait()
        if self.failing:
            raise ConnectionError
        return found


ANNA = Principal("anna", frozenset({"runs:submit"}))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("mergehub.kit.identity.token_cache.time", clock)
    return clock


async def test_an_answer_is_kept_for_half_a_minute_and_no_longer(clock: Clock) -> None:
    holders = Holders(ANNA)
    cache = CachingAuthenticator(holders)
    for token, answer in (("mgh_anna", ANNA), ("mgh_wrong", None)):
        holders.asked.clear()
        for passed, asked in ((0, 1), (KEPT_SECONDS - 0.1, 1), (0.2, 2)):
            clock.now += passed
            assert await cache.principal(token) == answer
            assert len(holders.asked) == asked
    assert KEPT_SECONDS <= 30


async def test_an_answer_is_not_kept_beyond_the_tokens_end(clock: Clock) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=5)
    holders = Holders(Principal("anna", frozenset(), expires_at=soon))
    cache = CachingAuthenticator(holders)
    assert await cache.principal("mgh_anna") is not None
    holders.tokens.clear()
    clock.now += 4
    assert await cache.principal("mgh_anna") is not None
    clock.now += 1.1
    assert await cache.principal("mgh_anna") is None


async def test_a_flood_of_wrong_tokens_stays_bounded_and_displaces_no_right_one() -> None:
    holders = Holders(ANNA)
    cache = CachingAuthenticator(holders, size=10)
    await cache.principal("mgh_anna")
    for number in range(1000):
        await cache.principal(f"mgh_{number}")
    assert len(cache) == 11
    await cache.principal("mgh_anna")
    assert holders.asked.count("mgh_anna") == 1


async def test_of_too_many_right_tokens_the_oldest_answer_goes() -> None:
    holders = Holders(*(Principal(str(number), frozenset()) for number in range(11)))
    cache = CachingAuthenticator(holders, size=10)
    for number in range(11):
        await cache.principal(f"mgh_{number}")
    assert len(cache) == 10
    holders.asked.clear()
    for number in (10, 1, 0):
        await cache.principal(f"mgh_{number}")
    assert holders.asked == ["mgh_0"]


async def test_nothing_kept_holds_a_token() -> None:
    token = new_token()
    holders = Holders()
    holders.tokens[token] = ANNA
    cache = CachingAuthenticator(holders)
    await cache.principal(token)
    await cache.principal("mgh_wrong")
    kept = repr(vars(cache) | {"_asked": None})
    assert hash_token(token) in kept
    assert token not in kept
    assert "mgh_wrong" not in kept


async def test_those_who_ask_at_once_are_one_question() -> None:
    holders = Holders(ANNA)
    holders.may_answer.clear()
    cache = CachingAuthenticator(holders)
    waiting = [asyncio.create_task(cache.principal("mgh_anna")) for _ in range(50)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # a caller that gives up does not affect the others
    holders.may_answer.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert answers[1:] == [ANNA] * 49
    assert holders.asked == ["mgh_anna"]


async def test_what_was_asked_before_forgetting_is_not_kept() -> None:
    holders = Holders(ANNA)
    holders.may_answer.clear()
    cache = CachingAuthenticator(holders)
    asking = asyncio.create_task(cache.principal("mgh_anna"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert holders.asked == ["mgh_anna"]
    holders.tokens.clear()  # revoked, while the old answer is still on its way
    cache.forget()
    holders.may_answer.set()
    await asking
    assert await cache.principal("mgh_anna") is None


async def test_a_failure_is_not_kept() -> None:
    holders = Holders(ANNA)
    holders.failing = True
    cache = CachingAuthenticator(holders)
    with pytest.raises(ConnectionError):
        await cache.principal("mgh_anna")
    holders.failing = False
    assert await cache.principal("mgh_anna") == ANNA


def test_hashes_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def spy(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return hmac.compare_digest(one, other)

    monkeypatch.setattr(tokens, "compare_digest", spy)
    assert same_hash("aa", "aa")
    assert not same_hash("aa", "ab")
    assert compared == [(b"aa", b"aa"), (b"aa", b"ab")]


def test_a_derived_token_needs_both_the_token_and_the_nonce() -> None:
    made = derived_token("mgh_a", "nonce")
    assert made == derived_token("mgh_a", "nonce")
    assert made.startswith("mgh_")
    assert len(made) == len(new_token())
    assert len({made, derived_token("mgh_b", "nonce"), derived_token("mgh_a", "other")}) == 3
