"""Some thousand requests made from the documents; `make fuzz-api` sends many more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer
from fuzz.fuzzing import fuzz
from fuzz.stack import Stack, running

from mergehub.contracts.services import SERVICES

pytestmark = pytest.mark.fuzz

SEED, CASES, SECONDS = 1, 20, 900


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running() as stack:
        yield stack


@pytest.mark.timeout(SECONDS)
@pytest.mark.parametrize("service", [each.name for each in SERVICES])
def test_a_service_does_as_its_document_says(stack: Stack, service: str, tmp_path: Path) -> None:
    runs = fuzz(stack, service, cases=CASES, seed=SEED, folder=tmp_path, few=True)
    for outcome in runs:
        assert outcome.good, f"{outcome.said}\n{stack.log(service)}"


async def test_one_that_does_otherwise_is_noticed(
    stack: Stack, serving: Callable[[FastAPI], AbstractAsyncContextManager[str]], tmp_path: Path
) -> None:
    odd = FastAPI()

    @odd.get("/numbers/{number}")
    async def get_number(number: int) -> int:
        return 10 // number  # ZeroDivisionError

    @odd.get("/open", dependencies=[Depends(HTTPBearer(auto_error=False))])
    async def get_open() -> None: ...

    async with serving(odd) as url:
        runs = fuzz(replace(stack, urls={"odd": url}), "odd", cases=10, seed=SEED, folder=tmp_path)
        outcome = await asyncio.to_thread(next, runs)
    assert not outcome.good
    assert "Server error" in outcome.said
    assert "API accepts requests without authentication" in outcome.said
