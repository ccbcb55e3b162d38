"""Local tasks: what they may contain, what is refused, and what changes the version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from merge_worker.evaluate.errors import TaskError
from merge_worker.evaluate.tasks.local import load_task

TASK: dict[str, Any] = {
    "task": "letters",
    "dataset_path": "json",
    "dataset_kwargs": {"data_files": {"test": "letters.jsonl"}},
    "test_split": "test",
    "output_type": "generate_until",
    "doc_to_text": "prompt",
    "doc_to_target": "answer",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "tasks"
    folder.mkdir()
    (folder / "letters.jsonl").write_text('{"prompt": "a", "answer": "b"}\n')
    return folder


def write(root: Path, **changes: Any) -> None:
    config = {name: value for name, value in (TASK | changes).items() if value is not None}
    (root / "letters.yaml").write_text(yaml.safe_dump(config))


def test_a_task_brings_its_rows(root: Path) -> None:
    write(root, num_fewshot=2)
    task = load_task("letters", [root])
    assert task.rows == {"test": [{"prompt": "a", "answer": "b"}]}
    assert task.shots == 2


def test_the_version_changes_with_the_configuration_and_with_the_data(root: Path) -> None:
    write(root)
    first = load_task("letters", [root]).version
    assert load_task("letters", [root]).version == first
    write(root, doc_to_text="{{prompt}}!")
    second = load_task("letters", [root]).version
    (root / "letters.jsonl").write_text('{"prompt": "a", "answer": "c"}\n')
    assert len({first, second, load_task("letters", [root]).version}) == 3


def test_a_function_tag_is_refused(root: Path) -> None:
    (root / "letters.yaml").write_text("task: letters\ndoc_to_text: !function evil.run\n")
    (root / "evil.py").write_text("raise SystemExit('ran')")
    with pytest.raises(TaskError, match="!function load Python code"):
        load_task("letters", [root])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"process_docs": "evil.run"}, "process_docs is not allowed in task"),
        ({"include": "/etc/other.yaml"}, "include is not allowed"),
        ({"unsafe_code": True}, "unsafe_code is not allowed"),
        (
            {"generation_kwargs": {"custom_generate": "./evil", "trust_remote_code": True}},
            "custom_generate, trust_remote_code is not allowed in generation_kwargs",
        ),
        (
            {"metric_list": [{"metric": "./evil", "hf_evaluate": True}]},
            "hf_evaluate is not allowed in metric_list",
        ),
        ({"fewshot_config": {"process_docs": "x"}}, "process_docs is not allowed in fewshot"),
        ({"dataset_path": "someone/dataset"}, "write `dataset_path: json`"),
        ({"dataset_kwargs": None}, "data_files must map each split to its file"),
        ({"dataset_kwargs": {"data_files": {"test": "gone.jsonl"}}}, "does not exist"),
        ({"description": "{{ ''.__class__ }}"}, "description must not be a template"),
    ],
)
def test_what_could_run_code_or_reach_elsewhere_is_refused(
    root: Path, changes: dict[str, Any], told: str
) -> None:
    write(root, **changes)
    with pytest.raises(TaskError, match=told):
        load_task("letters", [root])


@pytest.mark.parametrize("named", ["../outside.jsonl", "link.jsonl", "/absolute"])
def test_a_data_file_outside_of_the_root_is_refused(root: Path, named: str) -> None:
    outside = root.parent / "outside.jsonl"
    outside.write_text("{}\n")
    (root / "link.jsonl").symlink_to(outside)
    path = str(outside) if named == "/absolute" else named
    write(root, dataset_kwargs={"data_files": {"test": path}})
    with pytest.raises(TaskError, match="outside the task root"):
        load_task("letters", [root])


def test_a_task_that_is_a_link_out_of_its_root_is_not_found(root: Path) -> None:
    (root.parent / "letters.yaml").write_text("task: letters\n")
    (root / "letters.yaml").symlink_to(root.parent / "letters.yaml")
    with pytest.raises(TaskError, match="no benchmark 'letters'"):
        load_task("letters", [root])


def test_an_unknown_benchmark_names_those_that_exist(root: Path) -> None:
    write(root)
    with pytest.raises(TaskError, match="it has: letters"):
        load_task("numbers", [root])


@pytest.mark.parametrize(
    ("text", "told"),
    [("[1, 2]", "must contain objects"), ("{", "cannot be read as JSON"), ("1\n2", "must contain")],
)
def test_rows_that_are_no_objects_are_refused(root: Path, text: str, told: str) -> None:
    write(root)
    (root / "letters.jsonl").write_text(text)
    with pytest.raises(TaskError, match=told):
        load_task("letters", [root])
