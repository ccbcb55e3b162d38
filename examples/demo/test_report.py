"""The demo succeeds only when its claims hold."""

from __future__ import annotations

import pytest
from report import Row, failed_claims, score_table
from rich.console import Console

SPECIALIST_OF = {"dates": "specialist dates", "sql": "specialist sql"}
HOLDS = {
    "base": (0.0, 0.0),
    "specialist dates": (0.6, 0.0),
    "specialist sql": (0.0, 0.8),
    "merge": (0.5, 0.6),
}


def row(dates: float, sql: float) -> Row:
    values = {"dates": dates, "sql": sql, "mean": (dates + sql) / 2}
    estimates = {
        name: {"value": value, "low": value / 2, "high": (1 + value) / 2}
        for name, value in values.items()
    }
    return {"mean": estimates.pop("mean"), "scores": estimates}


def test_a_merge_that_holds_both_skills_passes() -> None:
    assert failed_claims({k: row(*v) for k, v in HOLDS.items()}, SPECIALIST_OF) == []


@pytest.mark.parametrize(
    ("label", "values", "said"),
    [
        ("merge", (0.0, 0.6), "base on dates"),
        ("base", (0.0, 0.7), "base on sql"),
        ("specialist sql", (0.5, 0.8), "specialist sql on dates"),
        ("specialist dates", (0.6, 0.6), "specialist dates on sql"),
    ],
)
def test_each_claim_that_does_not_hold_is_named(
    label: str, values: tuple[float, float], said: str
) -> None:
    rows = {k: row(*v) for k, v in (HOLDS | {label: values}).items()}
    assert any(said in claim for claim in failed_claims(rows, SPECIALIST_OF))


def test_a_merge_need_not_beat_a_specialist_at_its_own_skill() -> None:
    rows = {k: row(*v) for k, v in (HOLDS | {"specialist sql": (0.0, 1.0)}).items()}
    assert failed_claims(rows, SPECIALIST_OF) == []


def test_the_table_shows_every_model_and_the_items() -> None:
    console = Console(width=120)
    with console.capture() as shown:
        console.print(score_table({k: row(*v) for k, v in HOLDS.items()}, list(SPECIALIST_OF), 100))
    assert all(label in shown.get() for label in HOLDS)
    assert "100 held-out items" in shown.get()
