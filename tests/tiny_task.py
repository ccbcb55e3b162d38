"""A task that tiny models are measured by; apart from them, since PyTorch takes long to import."""

from __future__ import annotations

import json
import string
from pathlib import Path

ITEMS = 12


def write_task(folder: Path) -> None:
    """A multiple-choice task of a dozen items: which letter comes next."""
    folder.mkdir()
    rows = [
        {"question": letters[0], "choices": [letters[1], letters[2]], "answer": 0}
        for letters in zip(
            string.ascii_lowercase[:ITEMS],
            string.ascii_lowercase[1:],
            string.ascii_lowercase[5:],
            strict=False,
        )
    ]
    (folder / "next.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "next.yaml").write_text(
        "task: next\n"
        "dataset_path: json\n"
        "dataset_kwargs: {data_files: {test: next.jsonl}}\n"
        "test_split: test\n"
        "output_type: multiple_choice\n"
        "doc_to_text: question\n"
        "doc_to_choice: choices\n"
        "doc_to_target: answer\n"
        "metric_list: [{metric: acc, aggregation: mean, higher_is_better: true}]\n"
        "metadata: {version: 1}\n"
    )
