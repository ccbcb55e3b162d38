"""A local task of four choices, made of the ARC-Challenge questions that are on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import yaml

NAME: Final = "arc_challenge_local"
CHOICES: Final = 4
SOURCE: Final = Path("eval/arc_challenge_test_full.jsonl")


def write_task(data: Path, folder: Path, items: int) -> None:
    """Write the first questions that have four answers, as a task that both programs read."""
    lines = (data / SOURCE).read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line) for line in lines]
    asked = [each for each in asked if len(each["choices"]["text"]) == CHOICES][:items]
    rows = folder / f"{NAME}.jsonl"
    rows.write_text("".join(json.dumps(_row(each)) + "\n" for each in asked), encoding="utf-8")
    task = {
        "task": NAME,
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(rows)}},
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": "Question: {{question}}\nAnswer:",
        "doc_to_choice": "choices",
        "doc_to_target": "label",
        "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
    }
    (folder / f"{NAME}.yaml").write_text(yaml.safe_dump(task))


def _row(asked: dict) -> dict:
    choices = asked["choices"]
    label = choices["label"].index(asked["answerKey"])
    return {"question": asked["question"], "choices": choices["text"], "label": label}
