"""Several machines with one shared folder: each fills its part, and the last one completes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from merge_worker.engine import (
    MergeOptions,
    OutputError,
    Part,
    ResumeError,
    digest_of_folder,
    merge,
    merge_part,
)


def document(workshop: Any) -> dict[str, Any]:
    for name, seed in (("a", 1), ("b", 2)):
        workshop.model(name, workshop.llama(seed))
    return {"merge_method": "linear", "models": [{"model": "./a"}, {"model": "./b"}]}


@pytest.mark.parametrize("order", [[1, 2, 3], [3, 1, 2]])
def test_the_last_part_to_end_completes_the_merge(workshop: Any, order: list[int]) -> None:
    recipe = document(workshop)
    expected = workshop.merge(recipe, "whole").output_digest
    plan, out = workshop.plan(recipe, max_shard_size=600), workshop.folder / "out"
    results = []
    for number in order:
        assert not out.exists()
        results.append(merge_part(plan, out, Part(number, 3)))
    assert results[:2] == [None, None]
    assert results[2] is not None
    assert results[2].output_digest == expected == digest_of_folder(out)
    assert not [path for path in out.iterdir() if "journal" in path.name or path.suffix == "lock"]
    assert not (workshop.folder / "out.partial").exists()


def test_the_parts_are_all_tensors_once_and_of_like_size(workshop: Any) -> None:
    plan = workshop.plan(document(workshop))
    parts = [Part(number, 3).tensors(plan) for number in (1, 2, 3)]
    names = [tensor.name for part in parts for tensor in part]
    assert sorted(names) == sorted(tensor.name for tensor in plan.tensors)
    loads = [sum(tensor.bytes_in for tensor in part) for part in parts]
    assert max(loads) - min(loads) <= max(tensor.bytes_in for tensor in plan.tensors)


def test_more_parts_than_tensors_are_fine(workshop: Any) -> None:
    plan, out = workshop.plan(document(workshop)), workshop.folder / "out"
    results = [merge_part(plan, out, Part(number, 12)) for number in range(1, 13)]
    assert [result is None for result in results] == [True] * 11 + [False]


def test_a_finished_part_does_nothing_twice(workshop: Any) -> None:
    plan, out = workshop.plan(document(workshop)), workshop.folder / "out"
    merge_part(plan, out, Part(1, 2))
    seen: list[Any] = []
    assert merge_part(plan, out, Part(1, 2), on_progress=seen.append) is None
    assert {each.stage for each in seen} == {"check"}
    assert merge_part(plan, out, Part(2, 2)) is not None


def test_what_another_part_made_is_read_anew_before_the_merge_is_completed(workshop: Any) -> None:
    recipe = document(workshop)
    expected = workshop.merge(recipe, "whole").output_digest
    plan, out = workshop.plan(recipe), workshop.folder / "out"
    merge_part(plan, out, Part(1, 2))
    region = Part(1, 2).tensors(plan)[0].region
    shard = workshop.folder / "out.partial" / region.file
    with shard.open("r+b") as file:
        file.seek(region.offset)
        file.write(bytes(8))
    for _ in range(2):
        with pytest.raises(ResumeError, match=r"after part 1/2 made it; merge that part again"):
            merge_part(plan, out, Part(2, 2))
    result = merge_part(plan, out, Part(1, 2))
    assert result is not None
    assert result.output_digest == expected == digest_of_folder(out)


def test_a_merge_is_divided_in_one_way(workshop: Any) -> None:
    plan, out = workshop.plan(document(workshop)), workshop.folder / "out"
    merge_part(plan, out, Part(1, 2))
    with pytest.raises(ResumeError, match="another number of parts"):
        merge_part(plan, out, Part(1, 3))
    with pytest.raises(ResumeError, match=r"journal-1-of-2\.jsonl"):
        merge(plan, out)


def test_the_parts_are_of_one_recipe(workshop: Any) -> None:
    recipe, out = document(workshop), workshop.folder / "out"
    merge_part(workshop.plan(recipe), out, Part(1, 2))
    other = workshop.plan(recipe | {"parameters": {"weight": 3}, "merge_method": "linear"})
    with pytest.raises(ResumeError, match="another merge"):
        merge_part(other, out, Part(2, 2))
    assert merge_part(workshop.plan(recipe), out, Part(2, 2)) is not None


def test_a_part_says_that_the_journal_of_another_is_damaged(workshop: Any) -> None:
    recipe, out = document(workshop), workshop.folder / "out"
    merge_part(workshop.plan(recipe), out, Part(1, 2))
    with (workshop.folder / "out.partial" / Part(1, 2).journal).open("a") as journal:
        journal.write("garbage\n")
    with pytest.raises(ResumeError, match=r"journal-1-of-2\.jsonl is damaged"):
        merge_part(workshop.plan(recipe), out, Part(2, 2))


def test_one_part_is_not_worked_on_twice_at_a_time(workshop: Any) -> None:
    plan, out = workshop.plan(document(workshop)), workshop.folder / "out"

    def again(progress: Any) -> None:
        merge_part(plan, out, Part(1, 2))

    with pytest.raises(ResumeError, match="another process"):
        merge_part(plan, out, Part(1, 2), on_progress=again)


def test_an_error_in_one_part_keeps_what_the_others_did(workshop: Any) -> None:
    plan, out = workshop.plan(document(workshop)), workshop.folder / "out"
    merge_part(plan, out, Part(1, 2))

    def fail(progress: Any) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        merge_part(plan, out, Part(2, 2), MergeOptions(keep_partial=False), fail)
    assert merge_part(plan, out, Part(2, 2)) is not None


@pytest.mark.parametrize(("number", "of"), [(0, 2), (3, 2), (1, 0)])
def test_a_part_that_cannot_be_is_refused(number: int, of: int) -> None:
    with pytest.raises(ValueError, match="must be between"):
        Part(number, of)


@pytest.mark.process
def test_processes_side_by_side_make_the_same_bytes(workshop: Any) -> None:
    recipe = document(workshop)
    expected = workshop.merge(recipe, "whole").output_digest
    file = workshop.folder / "recipe.yml"
    file.write_text(yaml.safe_dump(recipe))
    command = [Path(sys.executable).with_name("mergehub"), "merge", file, workshop.folder / "out"]
    running = [
        subprocess.Popen(
            [*command, "--part", f"{number}/4"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in (1, 2, 3, 4)
    ]
    said = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0] * 4, said
    assert sum(expected in out for out, _ in said) == 1
    assert digest_of_folder(workshop.folder / "out") == expected


def test_a_merge_that_exists_is_not_begun_again(workshop: Any) -> None:
    recipe = document(workshop)
    workshop.merge(recipe)
    with pytest.raises(OutputError, match="already exists"):
        merge_part(workshop.plan(recipe), workshop.folder / "out", Part(1, 2))
