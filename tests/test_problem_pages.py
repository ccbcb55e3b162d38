"""Every problem of every service has a page that the hub serves itself."""

from __future__ import annotations

import httpx
import pytest

from mergehub.hub.origin import create_app
from mergehub.kit.docs.problem_pages import problems
from mergehub.kit.problems.problem import Problem, meaning, page_of
from mergehub.kit.settings.service import ServiceSettings

ORIGIN = create_app(ServiceSettings(rate_reads=0))  # loads every service, and so every problem
KINDS = [each for each in problems() if each.__module__.partition(".")[0] in
         ("mergehub", "registry", "lineage", "leaderboard")]  # fmt: skip


@pytest.fixture
async def client():
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(ORIGIN), base_url="http://hub"
    ) as client:
        yield client


@pytest.mark.parametrize("problem", KINDS, ids=lambda problem: problem.code)
async def test_a_problem_says_when_it_happens_and_what_to_do(
    problem: type[Problem], client: httpx.AsyncClient
) -> None:
    own = vars(problem)
    assert {"code", "title", "remedy"} <= own.keys(), "it would have another problem's text"
    assert own["__doc__"], "its docstring is its meaning"
    assert meaning(problem).endswith(".")
    assert problem.remedy.endswith(".")
    page = await client.get(page_of(problem))
    assert page.status_code == 200
    assert problem.title.replace("'", "&#x27;") in page.text
    assert f"<code>{problem.code}</code>" in page.text


def test_a_code_means_one_thing() -> None:
    assert len({problem.code for problem in KINDS}) == len(KINDS)


def test_a_gateway_finds_the_service_that_has_the_page() -> None:
    roots = {page_of(each).split("/")[3] for each in KINDS if page_of(each).count("/") == 4}
    assert roots == {"registry", "lineage", "leaderboard"}


async def test_all_problems_are_listed(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/docs/problems")).text
    assert all(f'href="{page_of(problem)}"' in listed for problem in KINDS)


async def test_a_problem_that_does_not_exist_is_one_too(client: httpx.AsyncClient) -> None:
    answer = await client.get("/docs/problems/nonsense", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert answer.json()["type"] == "/docs/problems/not-found"
