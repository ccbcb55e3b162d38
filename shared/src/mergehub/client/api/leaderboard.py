"""Operations of the leaderboard. Written by `make documents`."""

from __future__ import annotations

from mergehub.client.calls import Call, Pages, part
from mergehub.client.types import leaderboard as t


def list_benchmarks(
    *, limit: int | None = None, cursor: str | None = None, if_none_match: str | None = None
) -> Pages[t.BenchmarkPage, t.Benchmark]:
    """The benchmarks, sorted by name."""
    return Pages(
        "GET",
        "/v1/benchmarks",
        query={"limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def list_results(
    *,
    model: str | None = None,
    benchmark: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.ResultPage, t.Result]:
    """The results, newest first."""
    return Pages(
        "GET",
        "/v1/results",
        query={"model": model, "benchmark": benchmark, "limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def list_boards(*, if_none_match: str | None = None) -> Call[t.BoardList]:
    """The boards of this hub."""
    return Call("GET", "/v1/boards", headers={"If-None-Match": if_none_match})


def get_board(
    board: str,
    *,
    model: list[str] | None = None,
    merged: bool | None = None,
    method: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.BoardPage, t.Standing]:
    """A board's rows: ranked models first, then those that lack a benchmark, by name."""
    return Pages(
        "GET",
        f"/v1/boards/{part(board)}",
        query={
            "model": model,
            "merged": merged,
            "method": method,
            "limit": limit,
            "cursor": cursor,
        },
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


def get_uplift(*, model: str, if_none_match: str | None = None) -> Call[t.Uplift]:
    """A model against each parent, the best ingredient and the mean of all ingredients."""
    return Call(
        "GET", "/v1/uplift", query={"model": model}, headers={"If-None-Match": if_none_match}
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
