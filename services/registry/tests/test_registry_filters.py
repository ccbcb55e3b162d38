"""Filters with a closed set of values: another value is a fault, never an empty list."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

import registry
from registry.audit.actions import ACTIONS


@pytest.mark.parametrize(
    ("address", "field", "suggestion"),
    [
        ("/v1/recipes?method=liner", "method", "did you mean 'linear'?"),
        ("/v1/accounts/audit?action=token.revokd", "action", "did you mean 'token.revoked'?"),
        ("/v1/runs?state=fialed", "state", "did you mean 'failed'?"),
        ("/v1/runs?kind=mrge", "kind", "did you mean 'merge'?"),
        ("/v1/recipes?method=zzz", "method", None),
    ],
)
async def test_an_unknown_value_is_refused_with_the_nearest(
    owner: httpx.AsyncClient, address: str, field: str, suggestion: str | None
) -> None:
    answer = await owner.get(address)
    assert answer.status_code == 422
    [fault] = answer.json()["errors"]
    assert (fault["pointer"], fault["suggestion"]) == (f"/query/{field}", suggestion)
    assert fault["detail"].startswith("must be one of ")


async def test_a_method_without_a_recipe_is_an_empty_list(owner: httpx.AsyncClient) -> None:
    answer = await owner.get("/v1/recipes?method=slerp")
    assert (answer.status_code, answer.json()["items"]) == (200, [])


def test_every_action_that_is_written_down_can_be_asked_for() -> None:
    sources = Path(registry.__file__).parent.rglob("*.py")
    text = "\n".join(path.read_text() for path in sources)
    assert set(re.findall(r'audit\(\s*\w+, "([a-z.-]+)"', text)) <= set(ACTIONS)
