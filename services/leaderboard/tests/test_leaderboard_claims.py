"""What imports claim of models, where lineage says nothing: size, licence and family."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest

from mergehub.result_files import read

DATA = os.environ.get("MERGEHUB_REAL_DATA")
UNTOLD = {"family": None, "licence": None, "parameters": None, "claimed": []}


@pytest.fixture
def send(client: httpx.AsyncClient, registry):
    """A request with a token that may import and withdraw; returns the answer's body."""
    registry.tokens["mgh_writer"] = "results:write"

    async def request(method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": "Bearer mgh_writer"}
        answer = await client.request(method, f"/v1/results{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    return request


@pytest.fixture
def claim(send):
    """Import a score of a model with claims."""

    async def post(
        model: str = "org/m",
        source: str = "imported",
        origin: str = "a.csv",
        day: str | None = None,
        value: float = 0.5,
        **claims: Any,
    ) -> None:
        row = {"model": model, "benchmark": "arc", "value": value, "evaluated_on": day}
        row["claims"] = claims or None
        await send("POST", "/imports", {"origin": origin, "source": source, "results": [row]})

    return post


@pytest.fixture
def board(client: httpx.AsyncClient, caught_up):
    """The rows of a board by the models' names."""

    async def get(**asked: Any) -> dict[str, dict[str, Any]]:
        answer = await client.get("/v1/boards/overall", params=asked)
        assert answer.status_code == 200, answer.text
        return {each["model"]: each for each in answer.json()["items"]}

    return get


def told(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in UNTOLD}


async def test_claims_stand_where_lineage_knows_nothing(claim, board, client):
    await claim("org/m", parameters=7_242_000_000, licence="Apache License 2.0",
                architecture="MistralForCausalLM", merged=True)  # fmt: skip
    await claim("org/other", parameters=0, licence="")
    rows = await board()
    assert told(rows["org/m"]) == {
        "family": "mistral", "licence": "apache-2.0", "parameters": 7_242_000_000,
        "claimed": ["family", "licence", "parameters"],
    }  # fmt: skip
    assert (rows["org/m"]["merged"], rows["org/m"]["method"]) == (None, None)
    assert told(rows["org/other"]) == UNTOLD
    for asked in ({"size_max": 8}, {"licence": "apache-2.0"}, {"family": "mistral"}):
        assert list(await board(**asked)) == ["org/m"]
    points = (await client.get("/v1/boards/overall/points")).json()["points"]
    assert [each["model"] for each in points] == ["org/m"]


async def test_lineage_decides_what_it_knows(claim, board, registry, follower):
    await claim(parameters=1, licence="mit", architecture="GPT2LMHeadModel")
    registry.lineage.say("org/m", licence="apache-2.0", parameters=None)
    while await follower.turn(wait=0):
        pass
    rows = await board()
    assert told(rows["org/m"]) == {
        "family": "gpt2", "licence": "apache-2.0", "parameters": 1,
        "claimed": ["family", "parameters"],
    }  # fmt: skip


async def test_the_most_trusted_claim_counts_and_of_those_the_newest(claim, board):
    await claim(origin="new.csv", day="2026-03-01", parameters=3, licence="mit")
    await claim(origin="old.csv", day="2026-01-01", parameters=1, licence="gpl-3.0")
    assert told((await board())["org/m"])["parameters"] == 3
    await claim(origin="mine", source="community", day="2025-01-01", parameters=9)
    row = told((await board())["org/m"])
    assert (row["parameters"], row["licence"]) == (9, "mit")


async def test_claims_go_and_come_back_with_their_origin(claim, send, board):
    await claim(origin="right.csv", parameters=7, day="2026-01-01")
    await claim(origin="wrong.csv", parameters=70, day="2026-02-01", licence="mit", value=0.9)
    asked = {"origin": "wrong.csv", "reason": "Mixed up."}
    withdrawn = await send("POST", "/withdrawals", asked)
    row = told((await board())["org/m"])
    assert (row["parameters"], row["licence"], row["claimed"]) == (7, None, ["parameters"])
    await send("DELETE", f"/withdrawals/{withdrawn['id']}")
    row = told((await board())["org/m"])
    assert (row["parameters"], row["licence"]) == (70, "mit")


@pytest.mark.skipif(DATA is None, reason="MERGEHUB_REAL_DATA names no folder of real tables")
async def test_a_table_of_open_llm_leaderboard_2_has_sizes_on_the_board(send, client):
    path = Path(DATA or "", "leaderboards", "open_llm_v2_every_eval_ever_flat.csv")
    for batch in islice(read(path), 4):
        rows = [each.model_dump(mode="json", exclude_none=True) for each in batch.rows]
        await send("POST", "/imports", {"origin": path.name, "results": rows})
    asked = {"size_max": 8, "limit": 200}
    some = (await client.get("/v1/boards/open-llm-v2", params=asked)).json()
    assert some["matching"] > 300
    for each in some["items"]:
        assert 0 < each["parameters"] <= 8e9
        assert "parameters" in each["claimed"]
        assert each["merged"] is None
    facets = (await client.get("/v1/boards/open-llm-v2/facets")).json()
    assert {each["value"] for each in facets["family"]} > {"llama", "mistral", "qwen2"}
    points = (await client.get("/v1/boards/open-llm-v2/points")).json()["points"]
    assert len(points) > 300
