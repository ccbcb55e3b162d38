"""Every list of the API: where it is, and which rows make an item of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from leaderboard.ablations.models import AblationRow
from leaderboard.benchmarks.models import MeasureRow
from leaderboard.boards.own.models import OwnBoardRow
from leaderboard.facts.models import FactRow, OriginRow, SettingRow, VariantRow, WithdrawalRow
from leaderboard.facts.models import ModelRow as LearnedModelRow
from leaderboard.releases.models import ReleaseRow
from lineage.models.models import ModelRow
from registry.accounts.models import AccountRow
from registry.audit.models import AuditRow
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

START = datetime(2026, 1, 1, tzinfo=UTC)
PARENT = UUID(int=1)  # of versions, deliveries and results
NUMBERS = count(1)

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


def recipe(name: str, at: datetime) -> Rows:
    row = {
        "id": UUID(name), "owner": "local", "name": name, "title": "t", "description": "",
        "tags": [], "domains": [], "newest": 1, "created_at": at,
    }  # fmt: skip
    return [(RecipeRow, row), _version_row(uuid4(), UUID(name), 1)]


def _version_row(own: UUID, recipe: UUID, number: int) -> tuple[type[Any], Json]:
    return VersionRow, {
        "id": own, "recipe_id": recipe, "number": number, "digest": "d", "method": "linear",
        "ingredients": [], "source": "", "canonical": "{}",
    }  # fmt: skip


def _fork(name: str, at: datetime) -> Rows:
    fork = {"recipe_id": UUID(name), "origin_id": PARENT, "version_id": PARENT}
    return [*recipe(name, at), (ForkRow, fork)]


def _twin(name: str, at: datetime) -> Rows:
    row, (table, version) = recipe(name, at)
    return [row, (table, version | {"created_at": at})]


def _version(name: str, at: datetime) -> Rows:
    return [_version_row(UUID(name), PARENT, 1 + next(NUMBERS))]


def _star(name: str, at: datetime) -> Rows:
    account = {"handle": name, "kind": "person", "display_name": name}
    star = {"recipe_id": PARENT, "account": name, "created_at": at}
    return [(AccountRow, account), (StarRow, star)]


def _starred(name: str, at: datetime) -> Rows:
    star = {"recipe_id": UUID(name), "account": "local", "created_at": at}
    return [*recipe(name, at), (StarRow, star)]


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


def webhook(name: str, at: datetime) -> Rows:
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
    "list_recipes": Listed("registry", "/v1/recipes", "id", recipe, ("id", "recipe_id")),
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
    "list_webhooks": Listed("registry", "/v1/webhooks", "id", webhook),
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
