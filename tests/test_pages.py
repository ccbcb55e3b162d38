"""Pages of every list while others write: an item that stays is listed exactly once."""

from __future__ import annotations

import importlib
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession
from tries import tries

from leaderboard.ablations.models import AblationRow
from leaderboard.benchmarks.models import MeasureRow
from leaderboard.boards.own.models import OwnBoardRow
from leaderboard.facts.models import FactRow, OriginRow, SettingRow, VariantRow, WithdrawalRow
from leaderboard.facts.models import ModelRow as LearnedModelRow
from leaderboard.releases.models import ReleaseRow
from lineage.models.models import ModelRow
from mergehub.contracts.services import SERVICES
from mergehub.kit.settings.service import ServiceSettings
from registry.accounts.models import AccountRow
from registry.artifacts.collecting.models import RetentionRow
from registry.audit.models import AuditRow
from registry.changes import noted
from registry.comments.models import CommentRow
from registry.recipes.models import ForkRow, RecipeRow, VersionRow
from registry.runs.models import RunRow
from registry.runs.reproductions.models import ReproductionRow
from registry.runs.workers.models import WorkerRow
from registry.stars.models import StarRow
from registry.stored.models import ArtifactRow
from registry.tokens.models import TokenRow
from registry.webhooks.models import DeliveryRow, EndpointRow
from registry.webhooks.signing import message_id

OWNER = SecretStr("mgh_owner-of-the-pages")
START = datetime(2026, 1, 1, tzinfo=UTC)
PARENT = UUID(int=1)  # of versions, deliveries and results
NUMBERS = count(1)

MINUTES = st.integers(0, 4)  # few, so that many items have the same time
INSERTED = st.lists(MINUTES, max_size=4)
DELETED = st.lists(st.integers(0, 30), max_size=3)

Json = dict[str, Any]
Rows = Sequence[tuple[type[Any], Json]]


@dataclass(frozen=True)
class Listed:
    """A list: its address, the field that identifies an item, and how to make an item.

    `rows` makes the rows of an item from a name and a minute; `field` shows the name as `shown`.
    """

    service: str
    path: str
    field: str
    rows: Callable[[str, datetime], Rows]
    columns: tuple[str, ...] = ("id",)  # the key of the rows, in the order of `rows`
    shown: Callable[[str], str] = str


def _recipe(name: str, at: datetime) -> Rows:
    recipe = {
        "id": UUID(name), "owner": "local", "name": name, "title": "t", "description": "",
        "tags": [], "domains": [], "newest": 1, "created_at": at,
    }  # fmt: skip
    return [(RecipeRow, recipe), _version_row(uuid4(), UUID(name), 1)]


def _version_row(own: UUID, recipe: UUID, number: int) -> tuple[type[Any], Json]:
    return VersionRow, {
        "id": own, "recipe_id": recipe, "number": number, "digest": "d", "method": "linear",
        "ingredients": [], "source": "", "canonical": "{}",
    }  # fmt: skip


def _fork(name: str, at: datetime) -> Rows:
    fork = {"recipe_id": UUID(name), "origin_id": PARENT, "version_id": PARENT}
    return [*_recipe(name, at), (ForkRow, fork)]


def _twin(name: str, at: datetime) -> Rows:
    recipe, (table, version) = _recipe(name, at)
    return [recipe, (table, version | {"created_at": at})]


def _version(name: str, at: datetime) -> Rows:
    return [_version_row(UUID(name), PARENT, 1 + next(NUMBERS))]


def _star(name: str, at: datetime) -> Rows:
    account = {"handle": name, "kind": "person", "display_name": name}
    star = {"recipe_id": PARENT, "account": name, "created_at": at}
    return [(AccountRow, account), (StarRow, star)]


def _starred(name: str, at: datetime) -> Rows:
    star = {"recipe_id": UUID(name), "account": "local", "created_at": at}
    return [*_recipe(name, at), (StarRow, star)]


def _comment(name: str, at: datetime) -> Rows:
    number = 1 + next(NUMBERS)
    comment = {
        "recipe_id": PARENT, "number": number, "thread": number, "author": "local", "text": name,
        "created_at": at,
    }  # fmt: skip
    return [(CommentRow, comment)]


def _run(name: str, at: datetime) -> Rows:
    spec = {
        "kind": "merge", "recipe": "", "recipe_version": None, "recipe_digest": "",
        "model_name": "m", "seed": 0,
    }  # fmt: skip
    run = {
        "id": UUID(name), "kind": "merge", "state": "cancelled", "hardware": "cpu",
        "timeout_seconds": 1, "spec": spec, "max_attempts": 1, "due_at": START, "created_at": at,
        "owner": "local", "model_name": "m",
    }  # fmt: skip
    return [(RunRow, run)]


def _artifact(name: str, at: datetime) -> Rows:
    [(_, run)] = _run(name, at)
    made = {"state": "succeeded", "result": {"output_digest": "d"}, "finished_at": at}
    artifact = {"run_id": UUID(name), "owner": "local", "created_at": at}
    return [(RunRow, run | made), (ArtifactRow, artifact)]


def _reproduction(name: str, at: datetime) -> Rows:
    own = UUID(name)
    spec = {
        "made": {"engine_version": "5", "versions": {}, "device": None, "machine": None},
        "independent": True,
    }  # fmt: skip
    result = {
        "kind": "verify", "output_digest": "d", "same": True, "method": "linear", "tensors": 1,
        "compared_bytes": 1, "differing": 0, "differences": [], "engine_version": "5",
        "versions": {}, "machine": None, "unlike": [], "seconds": 1.0,
    }  # fmt: skip
    [(_, run)] = _run(name, at)
    run |= {"kind": "verify", "state": "succeeded", "spec": spec, "result": result}
    reproduction = {
        "run_id": own, "merge_id": own, "version_id": own, "recipe_id": PARENT, "owner": "local",
        "same": True, "counted": False, "created_at": at,
    }  # fmt: skip
    return [
        _version_row(own, PARENT, 1 + next(NUMBERS)),
        (RunRow, run | {"finished_at": at}),
        (ReproductionRow, reproduction),
    ]


def _worker(name: str, at: datetime) -> Rows:
    return [(WorkerRow, {"name": name, "hardware": "cpu", "capacity": {}, "version": "1"})]


def _token(name: str, at: datetime) -> Rows:
    token = {
        "id": UUID(name), "name": name, "hash": name, "hint": "h", "scopes": [], "created_at": at,
        "created_by": "o",
    }  # fmt: skip
    return [(TokenRow, token)]


def _webhook(name: str, at: datetime) -> Rows:
    endpoint = {
        "id": UUID(name), "url": "https://example.org", "description": "", "types": [],
        "ordered": False, "owner": "local", "signature": "v1", "secret": "s", "created_at": at,
    }  # fmt: skip
    return [(EndpointRow, endpoint)]


def _delivery(name: str, at: datetime) -> Rows:
    delivery = {
        "endpoint_id": PARENT, "event_id": UUID(name), "position": 1, "type": "webhook.test",
        "subject": "s", "body": "{}", "event_time": at,
    }  # fmt: skip
    return [(DeliveryRow, delivery)]


def _change(name: str, at: datetime) -> Rows:
    return [(AuditRow, {"actor": "o", "action": "a.b", "subject": "s", "request_id": name})]


def _model(name: str, at: datetime) -> Rows:
    return [(ModelRow, {"name": name})]


def _benchmark(name: str, at: datetime) -> Rows:
    return [(MeasureRow, {"name": name, "version": str(at), "metric": "acc", "items": 1})]


MEASURED: Rows = [
    (LearnedModelRow, {"name": "org/m"}),
    (VariantRow, {"model_id": 1}),
    (MeasureRow, {"name": "parent", "version": "1", "metric": "acc", "items": 1}),
    (SettingRow, {"measure_id": 1, "shots": 0}),
    (OriginRow, {"source": 1, "origin": "registry"}),
]
"""What the results are of; each of these rows has the id 1."""


def _ablation(name: str, at: datetime) -> Rows:
    ablation = {
        "run": UUID(name), "model": None, "recipe_digest": "d", "method": "linear", "harness": "h",
        "report": {"candidates": []}, "created_at": at,
    }  # fmt: skip
    return [(AblationRow, ablation)]


def _result(name: str, at: datetime) -> Rows:
    result = {
        "fact": UUID(name), "variant_id": 1, "setting_id": 1, "origin_id": 1, "source": 1,
        "value": 0.5, "limited": False, "binary": False, "run": UUID(name), "evaluated_at": at,
    }  # fmt: skip
    return [(FactRow, result)]


def _origin(name: str, at: datetime) -> Rows:
    return [(OriginRow, {"source": 3, "origin": name, "account": "ann"})]


def _withdrawal(name: str, at: datetime) -> Rows:
    withdrawal = {
        "origin": name, "account": "ann", "reason": "r", "results": 0, "moderated": False,
        "withdrawn_by": "ann",
    }  # fmt: skip
    return [(WithdrawalRow, withdrawal)]


def _board(name: str, at: datetime) -> Rows:
    rules = {"columns": [{"benchmark": "b"}]}
    board = {
        "name": f"ann~{name}", "owner": "ann", "title": name, "summary": "s", "domains": [],
        "rules": rules, "version": 1,
    }  # fmt: skip
    return [(OwnBoardRow, board)]


def _release(name: str, at: datetime) -> Rows:
    board = {
        "name": "some", "title": "t", "summary": "s", "domains": [], "owner": None, "columns": [],
        "normalisation": "guess", "below_guess": "zero", "missing": "", "version": 1,
    }  # fmt: skip
    release = {
        "board": "some", "number": next(NUMBERS), "created_at": at, "as_of": 1, "digest": name,
        "models": 0, "content": json.dumps({"board": board}),
    }  # fmt: skip
    return [(ReleaseRow, release)]


LISTS = {
    "list_recipes": Listed("registry", "/v1/recipes", "id", _recipe, ("id", "recipe_id")),
    "list_recipe_versions": Listed("registry", f"/v1/recipes/{PARENT}/versions", "id", _version),
    "list_recipe_forks": Listed(
        "registry", f"/v1/recipes/{PARENT}/forks", "id", _fork, ("id", "recipe_id", "recipe_id")
    ),
    "list_recipe_twins": Listed(
        "registry", f"/v1/recipes/{PARENT}/versions/1/twins", "recipe", _twin, ("id", "recipe_id")
    ),
    "list_stars": Listed(
        "registry", f"/v1/recipes/{PARENT}/stars", "account", _star, ("handle", "account")
    ),
    "list_starred_recipes": Listed(
        "registry",
        "/v1/recipes/starred",
        "id",
        _starred,
        ("id", "recipe_id", "recipe_id"),
    ),
    "list_comments": Listed(
        "registry", f"/v1/recipes/{PARENT}/comments", "text", _comment, ("text",)
    ),
    "list_recipe_reproductions": Listed(
        "registry",
        f"/v1/recipes/{PARENT}/reproductions",
        "run",
        _reproduction,
        ("id", "id", "run_id"),
    ),
    "list_runs": Listed("registry", "/v1/runs", "id", _run),
    "list_artifacts": Listed("registry", "/v1/artifacts", "run", _artifact, ("id", "run_id")),
    "list_collection": Listed(
        "registry", "/v1/artifacts/collection?account=local", "run", _artifact, ("id", "run_id")
    ),
    "list_workers": Listed("registry", "/v1/workers", "name", _worker, ("name",)),
    "list_tokens": Listed("registry", "/v1/tokens", "id", _token),
    "list_webhooks": Listed("registry", "/v1/webhooks", "id", _webhook),
    "list_webhook_deliveries": Listed(
        "registry",
        f"/v1/webhooks/{PARENT}/deliveries",
        "message",
        _delivery,
        ("event_id",),
        lambda name: message_id(UUID(name)),
    ),
    "list_audit": Listed("registry", "/v1/accounts/audit", "request_id", _change, ("request_id",)),
    "list_models": Listed("lineage", "/v1/models", "name", _model, ("name",)),
    "list_benchmarks": Listed("leaderboard", "/v1/benchmarks", "name", _benchmark, ("name",)),
    "list_ablations": Listed("leaderboard", "/v1/uplift/ablations", "run", _ablation, ("run",)),
    "list_results": Listed("leaderboard", "/v1/results?history=true", "run", _result, ("run",)),
    "list_result_origins": Listed(
        "leaderboard", "/v1/results/origins", "origin", _origin, ("origin",)
    ),
    "list_result_withdrawals": Listed(
        "leaderboard", "/v1/results/withdrawals", "origin", _withdrawal, ("origin",)
    ),
    "list_boards": Listed("leaderboard", "/v1/boards", "title", _board, ("title",)),
    "list_releases": Listed(
        "leaderboard", "/v1/boards/some/releases", "digest", _release, ("digest",)
    ),
}
WHOLE = {
    "list_events": "a feed, read after a sequence: `after`",
    "list_scores": "likewise, after a revision",
    "list_model_facts": "likewise, after a position",
    "list_members": "the few of an organisation",
    "list_quotas": "one for each thing that is counted",
    "list_queues": "one for each class of hardware",
    "list_popular_models": "the first of a ranking that changes with each merge",
    "list_methods_by_month": "a count for each method and month",
    "list_risers": "the first of a ranking that changes with each merge",
    "list_pairs": "likewise",
    "list_run_items": "the scores of one benchmark, as one object",
    "list_items_of_runs": "one for each that was asked for",
    "list_run_tensors": "those of one model, as one object",
    "list_signing_keys": "the few of a setting",
    "list_similar_recipes": "the first of a ranking that changes with each recipe",
}
"""Lists without a cursor, and why."""

WALKS = {
    "list_ancestors", "list_descendants", "list_relatives", "list_parents", "list_children",
    "list_paths", "list_common_ancestors", "list_result_items", "get_board", "list_release_rows",
    "list_uplift_merges",
}  # fmt: skip
"""Lists in memory, and rows that never change; tests of their services go through the pages."""


@pytest.fixture(scope="module")
async def apps(
    database_of: Callable[[str], Awaitable[str]], redis_url: str
) -> AsyncIterator[dict[str, FastAPI]]:
    """Every service over one database, without background work that writes."""
    settings = ServiceSettings(
        database_url=await database_of("pages"),
        redis_url=redis_url,
        background="separate",
        bootstrap_token=OWNER,
        rate_reads=0,
        log_level="error",
    )
    async with AsyncExitStack() as stack:
        found = {}
        for service in SERVICES:
            module, _, function = service.factory.partition(":")
            app = getattr(importlib.import_module(module), function)(settings)
            await stack.enter_async_context(app.router.lifespan_context(app))
            found[service.name] = app
        await _add(found["registry"], _recipe(str(PARENT), START) + _webhook(str(PARENT), START))
        rules = {"account": "local", "days": 1, "newest": 0, "keep": []}  # all items are older
        await _add(found["registry"], [(RetentionRow, rules)])
        await _add(found["leaderboard"], MEASURED)
        yield found


async def _add(app: FastAPI, rows: Rows) -> None:
    async with app.state.database.transaction() as session:
        for table, row in rows:
            await session.execute(insert(table).values(row))
        await _note(session, rows)


async def _note(session: AsyncSession, rows: Rows) -> None:
    """Log the recipes among the rows, since lists of recipes are read from memory."""
    await noted(session, *(row["id"] for table, row in rows if table is RecipeRow))


class Others:
    """Other writers, who insert and delete items, and note which exist and which ever did."""

    def __init__(self, app: FastAPI, listed: Listed, seed: int) -> None:
        self._app, self._listed, self._random = app, listed, random.Random(seed)
        self.there: dict[str, None] = {}

    async def write(self, inserted: Sequence[int], deleted: Sequence[int]) -> None:
        for number in deleted:
            if self.there:
                await self._remove(list(self.there)[number % len(self.there)])
        for minute in inserted:
            name = str(UUID(int=self._random.getrandbits(128)))
            await _add(self._app, self._listed.rows(name, START + timedelta(minutes=minute)))
            self.there[name] = None

    async def clear(self) -> None:
        for name in list(self.there):
            await self._remove(name)

    async def _remove(self, name: str) -> None:
        del self.there[name]
        rows = self._listed.rows(name, START)
        async with self._app.state.database.transaction() as session:
            await _note(session, rows)
            for (table, _), column in reversed(list(zip(rows, self._listed.columns, strict=True))):
                kind = getattr(table, column)
                await session.execute(delete(table).where(kind == kind.type.python_type(name)))


@pytest.mark.parametrize("name", LISTS)
@settings(
    deadline=None,
    max_examples=tries(5),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    first=st.lists(MINUTES, max_size=12),
    between=st.lists(st.tuples(INSERTED, DELETED), max_size=12),
    limit=st.integers(1, 4),
    seed=st.integers(0, 2**32),
)
async def test_pages_neither_skip_nor_repeat_while_others_write(
    apps: dict[str, FastAPI], name: str,
    first: list[int], between: list[tuple[list[int], list[int]]], limit: int, seed: int,
) -> None:  # fmt: skip
    listed = LISTS[name]
    others = Others(apps[listed.service], listed, seed)
    await others.write(first, [])
    all_the_time, writes = set(others.there), iter(between)
    met: list[str] = []
    async with _client(apps[listed.service]) as client:
        address: str | None = f"{listed.path}{'&' if '?' in listed.path else '?'}limit={limit}"
        while address:
            answer = (await client.get(address)).raise_for_status()
            page = answer.json()
            met += [each[listed.field] for each in page["items"]]
            address = answer.links.get("next", {}).get("url")
            assert (address is None) == (page["next_cursor"] is None)
            assert len(page["items"]) == limit or address is None
            await others.write(*next(writes, ([], [])))
            all_the_time &= others.there.keys()
    await others.clear()
    assert len(met) == len(set(met)), "repeated"
    assert {listed.shown(each) for each in all_the_time} <= set(met), "skipped"


def _client(app: FastAPI) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {OWNER.get_secret_value()}"}
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://hub", headers=headers)


async def test_every_list_has_pages_or_a_reason(apps: dict[str, FastAPI]) -> None:
    paged, whole = set(), set()
    for app in apps.values():
        for methods in app.openapi()["paths"].values():
            for operation in methods.values():
                names = {each["name"] for each in operation.get("parameters", ())}
                if "cursor" in names:
                    assert "limit" in names
                    paged.add(operation["operationId"])
                elif operation["operationId"].startswith("list_"):
                    whole.add(operation["operationId"])
    assert paged == LISTS.keys() | WALKS
    assert whole == WHOLE.keys()
