"""Operations of the leaderboard. Written by `make documents`."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from mergehub.client.calls import Call, Pages, part
from mergehub.client.types import leaderboard as t


def list_benchmarks(
    *, limit: int | None = None, cursor: str | None = None, if_none_match: str | None = None
) -> Pages[t.BenchmarkPage, t.Benchmark]:
    """The benchmarks that come with the hub or have results, sorted by name."""
    return Pages(
        "GET",
        "/v1/benchmarks",
        query={"limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def get_benchmark(name: str, *, if_none_match: str | None = None) -> Call[t.Benchmark]:
    """A benchmark with its versions, metrics and sources."""
    return Call("GET", f"/v1/benchmarks/{part(name)}", headers={"If-None-Match": if_none_match})


def import_results(body: t.ResultImport) -> Call[t.ResultImportReport]:
    """Take in up to 10,000 scores, all or none, and report which were skipped or are doubtful."""
    return Call("POST", "/v1/results/imports", body=body)


def import_result_file(
    body: str,
    *,
    origin: str,
    source: Literal["community", "imported"] | None = None,
    format: Literal["auto", "table", "lm-eval", "every-eval-ever", "model-index", "eval-results"]
    | None = None,
    mapping: str | None = None,
    model: str | None = None,
    dry_run: bool | None = None,
) -> Call[t.ResultFileReport]:
    """Take in a file of results: CSV, JSON, JSON lines, YAML, a model card, or a ZIP of them."""
    return Call(
        "POST",
        "/v1/results/files",
        query={
            "origin": origin,
            "source": source,
            "format": format,
            "mapping": mapping,
            "model": model,
            "dry_run": dry_run,
        },
        body=body,
    )


def list_result_origins(
    *,
    account: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.ResultOriginPage, t.ResultOrigin]:
    """The files and addresses that results were imported from, newest first."""
    return Pages(
        "GET",
        "/v1/results/origins",
        query={"account": account, "limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def list_result_withdrawals(
    *, limit: int | None = None, cursor: str | None = None, if_none_match: str | None = None
) -> Pages[t.ResultWithdrawalPage, t.ResultWithdrawal]:
    """What was withdrawn, newest first, with the reasons; also what was restored."""
    return Pages(
        "GET",
        "/v1/results/withdrawals",
        query={"limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def withdraw_results(body: t.ResultWithdrawalCreate) -> Call[t.ResultWithdrawn]:
    """Let the results of one origin count no more, or one result: boards forget them at once."""
    return Call("POST", "/v1/results/withdrawals", body=body)


def restore_results(withdrawal: int) -> Call[None]:
    """Let the results of a withdrawal count again."""
    return Call("DELETE", f"/v1/results/withdrawals/{part(withdrawal)}")


def moderate_results(body: t.ResultWithdrawalCreate) -> Call[t.ResultWithdrawn]:
    """Let results count no more, whoever they are from. Importing them again is refused."""
    return Call("POST", "/v1/results/moderation", body=body)


def restore_moderated_results(withdrawal: int) -> Call[None]:
    """Let the results of a withdrawal count again, whoever withdrew them."""
    return Call("DELETE", f"/v1/results/moderation/{part(withdrawal)}")


def list_results(
    *,
    limit: int | None = None,
    cursor: str | None = None,
    model: str | None = None,
    benchmark: str | None = None,
    version: str | None = None,
    source: Literal["verified", "community", "imported"] | None = None,
    precision: str | None = None,
    run: str | UUID | None = None,
    origin: str | None = None,
    history: bool | None = None,
    if_none_match: str | None = None,
) -> Pages[t.ResultPage, t.Result]:
    """The current results, newest first; with `history`, all results."""
    return Pages(
        "GET",
        "/v1/results",
        query={
            "limit": limit,
            "cursor": cursor,
            "model": model,
            "benchmark": benchmark,
            "version": version,
            "source": source,
            "precision": precision,
            "run": run,
            "origin": origin,
            "history": history,
        },
        headers={"If-None-Match": if_none_match},
    )


def export_results(
    *,
    format: Literal["csv", "jsonl", "every-eval-ever", "lm-eval", "model-index"],
    model: str | None = None,
    benchmark: str | None = None,
    version: str | None = None,
    source: Literal["verified", "community", "imported"] | None = None,
    precision: str | None = None,
    run: str | UUID | None = None,
    origin: str | None = None,
    history: bool | None = None,
    if_none_match: str | None = None,
) -> Call[str]:
    """All results that a filter leaves, by model, as `POST /v1/results/files` reads them."""
    return Call(
        "GET",
        "/v1/results/export",
        query={
            "format": format,
            "model": model,
            "benchmark": benchmark,
            "version": version,
            "source": source,
            "precision": precision,
            "run": run,
            "origin": origin,
            "history": history,
        },
        headers={"If-None-Match": if_none_match},
    )


def get_result(result: int, *, if_none_match: str | None = None) -> Call[t.ResultDetail]:
    """A result with its evidence."""
    return Call("GET", f"/v1/results/{part(result)}", headers={"If-None-Match": if_none_match})


def list_result_items(
    result: int,
    *,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.ItemPage, t.ItemScore]:
    """The score of each item, sorted by the item's hash; empty if none are kept."""
    return Pages(
        "GET",
        f"/v1/results/{part(result)}/items",
        query={"limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def list_boards(
    *, limit: int | None = None, cursor: str | None = None, if_none_match: str | None = None
) -> Pages[t.BoardList, t.ListedBoard]:
    """The boards of this hub, then those that people made, and how many models each ranks."""
    return Pages(
        "GET",
        "/v1/boards",
        query={"limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def create_board(body: t.BoardCreate) -> Call[t.BoardInfo]:
    """Make a board of your own columns, weights and rules. Everybody can see it."""
    return Call("POST", "/v1/boards", body=body)


def get_board(
    board: str,
    *,
    sort: str | None = None,
    verified: bool | None = None,
    q: str | None = None,
    model: list[str] | None = None,
    method: list[str] | None = None,
    base: list[str] | None = None,
    family: list[str] | None = None,
    domain: list[str] | None = None,
    precision: list[str] | None = None,
    licence: list[str] | None = None,
    size_min: float | None = None,
    size_max: float | None = None,
    since: str | None = None,
    until: str | None = None,
    merged: bool | None = None,
    flagged: bool | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.BoardPage, t.Standing]:
    """A board's rows: ranked models first, then those that lack a benchmark, by name."""
    return Pages(
        "GET",
        f"/v1/boards/{part(board)}",
        query={
            "sort": sort,
            "verified": verified,
            "q": q,
            "model": model,
            "method": method,
            "base": base,
            "family": family,
            "domain": domain,
            "precision": precision,
            "licence": licence,
            "size_min": size_min,
            "size_max": size_max,
            "since": since,
            "until": until,
            "merged": merged,
            "flagged": flagged,
            "limit": limit,
            "cursor": cursor,
        },
        headers={"If-None-Match": if_none_match},
    )


def update_board(board: str, body: t.BoardUpdate, *, if_match: str) -> Call[t.BoardInfo]:
    """Change what the body names. Releases stay as they are."""
    return Call("PATCH", f"/v1/boards/{part(board)}", headers={"If-Match": if_match}, body=body)


def delete_board(board: str, *, if_match: str) -> Call[None]:
    """Delete a board. Its releases stay, as others may have cited them."""
    return Call("DELETE", f"/v1/boards/{part(board)}", headers={"If-Match": if_match})


def get_board_facets(
    board: str,
    *,
    verified: bool | None = None,
    q: str | None = None,
    model: list[str] | None = None,
    method: list[str] | None = None,
    base: list[str] | None = None,
    family: list[str] | None = None,
    domain: list[str] | None = None,
    precision: list[str] | None = None,
    licence: list[str] | None = None,
    size_min: float | None = None,
    size_max: float | None = None,
    since: str | None = None,
    until: str | None = None,
    merged: bool | None = None,
    flagged: bool | None = None,
    if_none_match: str | None = None,
) -> Call[t.BoardFacets]:
    """How many rows each value of each filter would keep, with all other filters as they are."""
    return Call(
        "GET",
        f"/v1/boards/{part(board)}/facets",
        query={
            "verified": verified,
            "q": q,
            "model": model,
            "method": method,
            "base": base,
            "family": family,
            "domain": domain,
            "precision": precision,
            "licence": licence,
            "size_min": size_min,
            "size_max": size_max,
            "since": since,
            "until": until,
            "merged": merged,
            "flagged": flagged,
        },
        headers={"If-None-Match": if_none_match},
    )


def get_board_points(
    board: str,
    *,
    verified: bool | None = None,
    q: str | None = None,
    model: list[str] | None = None,
    method: list[str] | None = None,
    base: list[str] | None = None,
    family: list[str] | None = None,
    domain: list[str] | None = None,
    precision: list[str] | None = None,
    licence: list[str] | None = None,
    size_min: float | None = None,
    size_max: float | None = None,
    since: str | None = None,
    until: str | None = None,
    merged: bool | None = None,
    flagged: bool | None = None,
    if_none_match: str | None = None,
) -> Call[t.BoardPoints]:
    """At most 5,000 rows that have a size and a mean, with the Pareto front of both."""
    return Call(
        "GET",
        f"/v1/boards/{part(board)}/points",
        query={
            "verified": verified,
            "q": q,
            "model": model,
            "method": method,
            "base": base,
            "family": family,
            "domain": domain,
            "precision": precision,
            "licence": licence,
            "size_min": size_min,
            "size_max": size_max,
            "since": since,
            "until": until,
            "merged": merged,
            "flagged": flagged,
        },
        headers={"If-None-Match": if_none_match},
    )


def get_board_definition(board: str, *, if_none_match: str | None = None) -> Call[t.BoardInfo]:
    """What a board is; its `ETag` is that of `If-Match` in a change."""
    return Call(
        "GET", f"/v1/boards/{part(board)}/definition", headers={"If-None-Match": if_none_match}
    )


def release_board(board: str) -> Call[t.Release]:
    """Keep the board as it is now, with a number and a digest, for ever."""
    return Call("POST", f"/v1/boards/{part(board)}/releases")


def list_releases(
    board: str,
    *,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.ReleasePage, t.Release]:
    """The releases of a board, the newest first; also of one that was deleted."""
    return Pages(
        "GET",
        f"/v1/boards/{part(board)}/releases",
        query={"limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def get_release(
    board: str, number: int, *, if_none_match: str | None = None
) -> Call[t.ReleaseDetail]:
    """A release with the rules and columns of the board as they were."""
    return Call(
        "GET",
        f"/v1/boards/{part(board)}/releases/{part(number)}",
        headers={"If-None-Match": if_none_match},
    )


def list_release_rows(
    board: str,
    number: int,
    *,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.ReleasedRows, t.Standing]:
    """The rows as they were, in the board's order."""
    return Pages(
        "GET",
        f"/v1/boards/{part(board)}/releases/{part(number)}/rows",
        query={"limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def get_rank_history(
    board: str, *, model: str, if_none_match: str | None = None
) -> Call[t.RankHistory]:
    """The place of a model at the end of each day, by its best row."""
    return Call(
        "GET",
        f"/v1/boards/{part(board)}/history",
        query={"model": model},
        headers={"If-None-Match": if_none_match},
    )


def list_scores(
    board: str,
    *,
    after: int | None = None,
    limit: int | None = None,
    wait: int | None = None,
    if_none_match: str | None = None,
) -> Call[t.ScorePage]:
    """The scores of a board that changed after `after`, each model once; `Link` has the rest."""
    return Call(
        "GET",
        f"/v1/boards/{part(board)}/scores",
        query={"after": after, "limit": limit, "wait": wait},
        headers={"If-None-Match": if_none_match},
    )


def get_uplift(
    *, model: str, precision: str | None = None, if_none_match: str | None = None
) -> Call[t.Uplift]:
    """A model against each parent, the best ingredient and the mean of all ingredients."""
    return Call(
        "GET",
        "/v1/uplift",
        query={"model": model, "precision": precision},
        headers={"If-None-Match": if_none_match},
    )


def compare_models(
    *, model: list[str], board: str | None = None, if_none_match: str | None = None
) -> Call[t.ModelComparison]:
    """Two to six models on a board: their scores, and the differences to the first of them."""
    return Call(
        "GET",
        "/v1/uplift/comparison",
        query={"model": model, "board": board},
        headers={"If-None-Match": if_none_match},
    )


def list_ablations(
    *,
    model: str | None = None,
    recipe_digest: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.AblationPage, t.Ablation]:
    """The ablations, newest first; runs of the kind `ablate` make them."""
    return Pages(
        "GET",
        "/v1/uplift/ablations",
        query={"model": model, "recipe_digest": recipe_digest, "limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def get_uplift_table(
    *,
    top: int | None = None,
    board: str | None = None,
    against: Literal["best", "mean", "base"] | None = None,
    verified: bool | None = None,
    q: str | None = None,
    model: list[str] | None = None,
    method: list[str] | None = None,
    base: list[str] | None = None,
    family: list[str] | None = None,
    domain: list[str] | None = None,
    precision: list[str] | None = None,
    licence: list[str] | None = None,
    size_min: float | None = None,
    size_max: float | None = None,
    since: str | None = None,
    until: str | None = None,
    merged: bool | None = None,
    flagged: bool | None = None,
    if_none_match: str | None = None,
) -> Call[t.UpliftTable]:
    """For each method and base, how many merges gained on a board, and how much."""
    return Call(
        "GET",
        "/v1/uplift/table",
        query={
            "top": top,
            "board": board,
            "against": against,
            "verified": verified,
            "q": q,
            "model": model,
            "method": method,
            "base": base,
            "family": family,
            "domain": domain,
            "precision": precision,
            "licence": licence,
            "size_min": size_min,
            "size_max": size_max,
            "since": since,
            "until": until,
            "merged": merged,
            "flagged": flagged,
        },
        headers={"If-None-Match": if_none_match},
    )


def list_uplift_merges(
    *,
    row: str | None = None,
    column: str | None = None,
    board: str | None = None,
    against: Literal["best", "mean", "base"] | None = None,
    verified: bool | None = None,
    q: str | None = None,
    model: list[str] | None = None,
    method: list[str] | None = None,
    base: list[str] | None = None,
    family: list[str] | None = None,
    domain: list[str] | None = None,
    precision: list[str] | None = None,
    licence: list[str] | None = None,
    size_min: float | None = None,
    size_max: float | None = None,
    since: str | None = None,
    until: str | None = None,
    merged: bool | None = None,
    flagged: bool | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.MergeGains, t.MergeGain]:
    """The merges of one cell, row or column with what each gained, the most first."""
    return Pages(
        "GET",
        "/v1/uplift/table/merges",
        query={
            "row": row,
            "column": column,
            "board": board,
            "against": against,
            "verified": verified,
            "q": q,
            "model": model,
            "method": method,
            "base": base,
            "family": family,
            "domain": domain,
            "precision": precision,
            "licence": licence,
            "size_min": size_min,
            "size_max": size_max,
            "since": since,
            "until": until,
            "merged": merged,
            "flagged": flagged,
            "limit": limit,
            "cursor": cursor,
        },
        headers={"If-None-Match": if_none_match},
    )


def recommend(
    *,
    base: str,
    domain: Literal[
        "maths",
        "code",
        "reasoning",
        "knowledge",
        "instruction-following",
        "truthfulness",
        "languages",
    ]
    | None = None,
    board: str | None = None,
    size: int | None = None,
    limit: int | None = None,
    verified: bool | None = None,
    if_none_match: str | None = None,
) -> Call[t.Recommendations]:
    """Pairs or triples of models on a base of which each is strong where the others are weak."""
    return Call(
        "GET",
        "/v1/recommendations",
        query={
            "base": base,
            "domain": domain,
            "board": board,
            "size": size,
            "limit": limit,
            "verified": verified,
        },
        headers={"If-None-Match": if_none_match},
    )
