"""The commands that evaluate: what they refuse at once, and how their outcomes look."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner

from mergehub.cli.kinds import ablate, evaluate
from mergehub.cli.main import main
from mergehub.contracts.kinds.ablate import AblateResult
from mergehub.contracts.kinds.evaluate import EvaluateResult

RUN = UUID(int=7)


def score(value: float, **more: Any) -> dict[str, Any]:
    return {
        "benchmark": "dates", "version": "1", "metric": "acc", "value": value, "stderr": 0.125,
        "count": 8, "shots": 0, **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["evaluate", "--benchmark", "dates"], "Give either MODEL or --recipe."),
        (["evaluate", "m", "--recipe", "soup", "--benchmark", "d"], "Give either MODEL or"),
        (["ablate", "--benchmark", "dates"], "Give either RECIPE or --model."),
        (["ablate", "soup", "--model", "me/soup", "--benchmark", "d"], "Give either RECIPE or"),
        (["evaluate", "./gone.yml", "--benchmark", "dates"], "There is no file ./gone.yml."),
        (["ablate", "./gone.yml", "--benchmark", "dates"], "There is no file ./gone.yml."),
        (["evaluate", "m", "--benchmark", "dates", "--limit", "0"], "--limit"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_a_hub_is_asked(
    command: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, command)
    assert result.exit_code != 0
    assert told in result.output


def test_a_score_says_what_is_not_usual_about_it() -> None:
    result = EvaluateResult.model_validate(
        {
            "kind": "evaluate", "model": "recipe:abc", "model_digest": "d", "harness": "h",
            "seconds": 1.5, "in_memory": True,
            "results": [score(0.5), score(0.25, limited=True, cached=str(RUN))],
        }
    )  # fmt: skip
    assert evaluate.outcome(result).splitlines() == [
        "evaluated recipe:abc in memory in 1.5 s",
        "  dates: acc 0.5000 ± 0.1250",
        f"  dates: acc 0.2500 ± 0.1250 (first 8 items, measured by run {RUN})",
    ]


def test_an_ablation_shows_what_each_ingredient_adds() -> None:
    result = AblateResult.model_validate(
        {
            "kind": "ablate", "method": "ties", "harness": "h", "seconds": 2.0,
            "candidates": [
                {"without": None, "how": "The whole merge.", "model_digest": "d",
                 "results": [score(0.5)]},
                {"without": "org/a", "how": "So.", "model_digest": "e", "results": [score(0.25)]},
            ],
        }
    )  # fmt: skip
    assert ablate.outcome(result).splitlines() == [
        "ablated a merge by ties in 2.0 s",
        "the whole merge",
        "  dates: acc 0.5000 ± 0.1250",
        "without org/a: So.",
        "  dates: acc 0.2500 ± 0.1250, so it adds +0.2500",
    ]
