"""Results that were imported by mistake count no more, and what was stays readable."""

from __future__ import annotations

from typing import Any

import httpx
import pytest


@pytest.fixture
def ask(client: httpx.AsyncClient, registry):
    """A request with the token of an account; returns the answer's body."""
    registry.tokens |= {
        "mgh_results-ann": "results:write",
        "mgh_results-ben": "results:write",
        "mgh_results-moderator": "results:moderate",
    }
    registry.accounts |= {"mgh_results-ben": "ben", "mgh_results-moderator": "mo"}

    async def request(method: str, path: str, who: str = "ann", status: int = 200, **more: Any):
        headers = {"Authorization": f"Bearer mgh_results-{who}"}
        answer = await client.request(method, f"/v1/results{path}", headers=headers, **more)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    return request


@pytest.fixture
def bring(ask):
    async def post(*rows: tuple[str, float], origin: str = "wrong.csv", who: str = "ann"):
        results = [{"model": name, "benchmark": "arc", "value": value} for name, value in rows]
        body = {"origin": origin, "results": results}
        return await ask("POST", "/imports", who, json=body)

    return post


async def values(ask, **asked: Any) -> dict[str, float]:
    items = (await ask("GET", "", params=asked))["items"]
    return {each["model"]: each["score"]["value"] for each in items}


async def test_the_wrong_file_is_withdrawn_and_what_it_replaced_counts_again(ask, bring):
    await bring(("m", 0.5), origin="right.csv")
    await bring(("m", 0.9), ("n", 0.8))
    assert await values(ask) == {"m": 0.9, "n": 0.8}
    body = {"origin": "wrong.csv", "reason": "Mixed-up columns."}
    told = await ask("POST", "/withdrawals", status=201, json=body)
    assert (told["results"], told["moderated"], told["more"]) == (2, False, False)
    assert await values(ask) == {"m": 0.5}
    history = (await ask("GET", "", params={"history": True}))["items"]
    gone = [each for each in history if each["withdrawn"]]
    assert {each["withdrawn"]["reason"] for each in gone} == {"Mixed-up columns."}
    assert len(gone) == 2
    await ask("DELETE", f"/withdrawals/{told['id']}", status=204)
    assert await values(ask) == {"m": 0.9, "n": 0.8}
    again = await ask("DELETE", f"/withdrawals/{told['id']}", status=409)
    assert again["code"] == "already-restored"


async def test_what_another_origin_states_too_stays(ask, bring):
    await bring(("m", 0.5), ("n", 0.6))
    await bring(("m", 0.5), origin="other.csv", who="ben")
    body = {"origin": "wrong.csv", "reason": "Wrong."}
    assert (await ask("POST", "/withdrawals", status=201, json=body))["results"] == 1
    (result,) = (await ask("GET", ""))["items"]
    assert (result["model"], result["origin"], result["account"]) == ("m", "other.csv", "ben")


async def test_importing_again_brings_back_what_its_importer_withdrew(ask, bring):
    await bring(("m", 0.5), ("n", 0.6))
    body = {"origin": "wrong.csv", "reason": "Wrong."}
    await ask("POST", "/withdrawals", status=201, json=body)
    report = await bring(("m", 0.5), origin="right.csv")
    assert (report["added"], report["repeated"]) == (1, 0)
    assert await values(ask) == {"m": 0.5}


async def test_what_a_moderator_withdrew_stays_withdrawn(ask, bring):
    await bring(("m", 0.5))
    body = {"origin": "wrong.csv", "account": "ann", "reason": "Made up."}
    told = await ask("POST", "/moderation", "moderator", 201, json=body)
    assert told["moderated"]
    report = await bring(("m", 0.5), ("n", 0.6), origin="again.csv")
    assert report["added"] == 1
    assert [each["why"] for each in report["skipped"]["items"]] == [
        "A moderator withdrew it: Made up."
    ]
    await ask("DELETE", f"/withdrawals/{told['id']}", status=403)
    await ask("DELETE", f"/moderation/{told['id']}", "moderator", 204)
    assert await values(ask) == {"m": 0.5, "n": 0.6}


async def test_only_the_importer_or_a_moderator_may(ask, bring, registry, caught_up):
    await bring(("m", 0.5))
    (result,) = (await ask("GET", ""))["items"]
    other = {"origin": "wrong.csv", "account": "ann", "reason": "I dislike it."}
    await ask("POST", "/withdrawals", "ben", 403, json=other)
    single = {"result": result["id"], "reason": "I dislike it."}
    await ask("POST", "/withdrawals", "ben", 403, json=single)
    mine = {"origin": "wrong.csv", "reason": "Mine?"}
    assert (await ask("POST", "/withdrawals", "ben", 404, json=mine))["code"] == (
        "nothing-to-withdraw"
    )
    registry.score("v", "dates", "10")
    await caught_up()
    verified = (await ask("GET", "", params={"source": "verified"}))["items"][0]["id"]
    body = {"result": verified, "reason": "Broken GPU."}
    await ask("POST", "/withdrawals", "ann", 403, json=body)
    await ask("POST", "/moderation", "moderator", 201, json=body)
    assert await values(ask) == {"m": 0.5}


async def test_origins_and_withdrawals_are_listed(ask, bring):
    await bring(("m", 0.5), origin="one.csv")
    await bring(("n", 0.5), origin="two.csv", who="ben")
    listed = (await ask("GET", "/origins"))["items"]
    assert [(each["origin"], each["account"]) for each in listed] == [
        ("two.csv", "ben"), ("one.csv", "ann"),
    ]  # fmt: skip
    assert len((await ask("GET", "/origins", params={"account": "ann"}))["items"]) == 1
    body = {"origin": "one.csv", "reason": "Wrong."}
    told = await ask("POST", "/withdrawals", status=201, json=body)
    (withdrawal,) = (await ask("GET", "/withdrawals"))["items"]
    assert withdrawal == {name: told[name] for name in withdrawal}


async def test_a_withdrawal_names_an_origin_or_a_result(ask):
    for body in ({"reason": "x"}, {"reason": "x", "origin": "a", "result": 1}):
        await ask("POST", "/withdrawals", status=422, json=body)
