"""An earlier attempt's output, damaged in every way, gives an error that says what to remove."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from merge_worker.engine import (
    MergeOptions,
    OutputError,
    Plan,
    ResumeError,
    digest_of_folder,
    merge,
)

JOURNAL = "journal.jsonl"


@pytest.fixture
def plan(workshop: Any) -> Plan:
    for i, name in enumerate("ab"):
        workshop.model(name, workshop.llama(i))
    found = workshop.plan(
        {"merge_method": "linear", "models": [{"model": n} for n in ("./a", "./b")]}
    )
    assert isinstance(found, Plan)
    return found


@pytest.fixture
def partial(workshop: Any, plan: Plan) -> Path:
    """The unfinished output of a merge that was stopped just before its end."""

    def stop(progress: Any) -> None:
        if progress.stage == "finish":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        merge(plan, workshop.folder / "out", on_progress=stop)
    return Path(workshop.folder / "out.partial")


def lines(partial: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (partial / JOURNAL).read_text().splitlines()]


def changed(**values: Any) -> Callable[[Path], None]:
    """Change one line about a tensor."""

    def damage(partial: Path) -> None:
        found = lines(partial)
        next(each for each in found if "tensor" in each).update(values)
        (partial / JOURNAL).write_text("".join(json.dumps(each) + "\n" for each in found))

    return damage


def added(line: bytes) -> Callable[[Path], None]:
    def damage(partial: Path) -> None:
        with (partial / JOURNAL).open("ab") as file:
            file.write(line + b"\n")

    return damage


def instead(make: Callable[[Path], Any]) -> Callable[[Path], None]:
    def damage(partial: Path) -> None:
        (partial / JOURNAL).unlink()
        make(partial / JOURNAL)

    return damage


DAMAGE: dict[str, Callable[[Path], None]] = {
    "garbage": added(b"\x00\xff\xfe garbage"),
    "a line that is no object": added(b"[1, 2]"),
    "a line that is a number of 5,000 digits": added(b"1" * 5000),
    "a line nested 100,000 deep": added(b"[" * 100_000),
    "a line of another kind": added(b'{"tensors": 1}'),
    "an empty line": added(b""),
    "a block, as older engines had them": added(b'{"block": "x", "cut": [0, 1], "nonfinite": []}'),
    "a digest that is none": changed(sha256="x"),
    "a digest that is a number": changed(sha256=5),
    "counts that are a list": changed(nonfinite=[1]),
    "counts below nothing": changed(made={"nan": -1}),
    "a tensor that is not in the plan": changed(tensor="model.other.weight"),
    "a line of an older engine": added(b'{"tensor": "x", "sha256": "", "nonfinite": {}}'),
    "nothing but garbage": instead(lambda path: path.write_bytes(os.urandom(512) + b"\n")),
    "no plan at its beginning": instead(lambda path: path.write_bytes(b'{"complete": true}\n')),
    "another plan": instead(lambda path: path.write_bytes(b'{"plan": "sha256:00"}\n')),
    "a plan of another type": instead(lambda path: path.write_bytes(b'{"plan": [1]}\n')),
    "a named pipe": instead(os.mkfifo),
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_journal_is_refused_with_what_to_remove(
    workshop: Any, plan: Plan, partial: Path, how: str
) -> None:
    DAMAGE[how](partial)
    with pytest.raises(ResumeError, match=rf"remove (it|{partial})"):
        merge(plan, workshop.folder / "out")
    assert not (workshop.folder / "out").exists()


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.symlink_to("/etc/passwd")])
def test_a_journal_that_cannot_be_opened_is_named(
    workshop: Any, plan: Plan, partial: Path, make: Callable[[Path], Any]
) -> None:
    instead(make)(partial)
    with pytest.raises(OutputError, match=JOURNAL):
        merge(plan, workshop.folder / "out")


def test_a_tensor_that_was_changed_after_it_was_journalled_is_made_again(
    workshop: Any, plan: Plan, partial: Path
) -> None:
    expected = merge(plan, workshop.folder / "whole").output_digest
    shard = partial / "model.safetensors"
    with shard.open("r+b") as file:
        file.seek(-16, os.SEEK_END)
        file.write(bytes(16))
    seen: list[Any] = []
    result = merge(plan, workshop.folder / "out", on_progress=seen.append)
    filling = next(each for each in seen if each.stage == "fill")
    assert filling.tensors_done == filling.tensors_total - 1
    assert result.output_digest == expected == digest_of_folder(workshop.folder / "out")


def test_every_tensor_is_checked_before_it_counts_as_made(
    workshop: Any, plan: Plan, partial: Path
) -> None:
    expected = merge(plan, workshop.folder / "whole").output_digest
    (partial / "model.safetensors").write_bytes(
        bytes((partial / "model.safetensors").stat().st_size)
    )
    seen: list[Any] = []
    result = merge(plan, workshop.folder / "out", on_progress=seen.append)
    assert next(each for each in seen if each.stage == "fill").tensors_done == 0
    assert result.output_digest == expected == digest_of_folder(workshop.folder / "out")


def test_the_check_of_what_is_there_can_be_stopped(
    workshop: Any, plan: Plan, partial: Path
) -> None:
    def stop(progress: Any) -> None:
        assert progress.stage == "check"
        raise InterruptedError

    journal = (partial / JOURNAL).read_bytes()
    with pytest.raises(InterruptedError):
        merge(plan, workshop.folder / "out", on_progress=stop)
    assert (partial / JOURNAL).read_bytes() == journal


@pytest.mark.parametrize("size", [0, 10, 200])
def test_a_journal_that_was_cut_off_is_gone_on_from(
    workshop: Any, plan: Plan, partial: Path, size: int
) -> None:
    os.truncate(partial / JOURNAL, size)
    merge(plan, workshop.folder / "out")
    assert digest_of_folder(workshop.folder / "out")


STRAYS = (
    *("evil.safetensors", "pytorch_model.bin", "model.safetensors.index.json", ".hidden"),
    *("chat_template.jinja", "config.json.tmp", "journal.json", "custom_generate/evil.py"),
)


@pytest.mark.parametrize("name", STRAYS)
def test_a_file_that_no_merge_puts_there_is_refused_and_left_alone(
    workshop: Any, plan: Plan, partial: Path, name: str
) -> None:
    (partial / name).parent.mkdir(exist_ok=True)
    (partial / name).write_text("mine")
    with pytest.raises(ResumeError, match=f"{name.split('/')[0]}.*which this merge does not put"):
        merge(plan, workshop.folder / "out", MergeOptions(keep_partial=False))
    assert (partial / name).read_text() == "mine"
    assert not (workshop.folder / "out").exists()


def test_a_file_that_appears_while_the_weights_are_written_is_refused(
    workshop: Any, plan: Plan
) -> None:
    partial = workshop.folder / "out.partial"

    def put(progress: Any) -> None:
        if progress.stage == "finish":
            (partial / "evil.safetensors").write_text("mine")

    with pytest.raises(ResumeError, match=r"'evil\.safetensors'"):
        merge(plan, workshop.folder / "out", on_progress=put)
    (partial / "evil.safetensors").unlink()
    merge(plan, workshop.folder / "out")


@pytest.mark.parametrize("name", ["config.json", "manifest.json", "model.safetensors"])
def test_a_folder_in_the_place_of_a_file_is_refused_before_weights_are_written(
    workshop: Any, plan: Plan, name: str
) -> None:
    stages: list[str] = []
    (workshop.folder / "out.partial" / name).mkdir(parents=True)
    with pytest.raises(ResumeError, match=f"out.partial contains the folder '{name}'"):
        merge(plan, workshop.folder / "out", on_progress=lambda now: stages.append(now.stage))
    assert stages == []


def test_a_link_in_the_place_of_a_folder_is_refused(workshop: Any, plan: Plan) -> None:
    (workshop.folder / "a/custom_generate").mkdir()
    (workshop.folder / "a/custom_generate/generate.py").write_text("")
    planned = workshop.plan({"merge_method": "linear", "models": [{"model": "./a"}]})
    (workshop.folder / "elsewhere").mkdir()
    (workshop.folder / "out.partial").mkdir()
    (workshop.folder / "out.partial/custom_generate").symlink_to(workshop.folder / "elsewhere")
    with pytest.raises(ResumeError, match="custom_generate"):
        merge(planned, workshop.folder / "out")
    assert list((workshop.folder / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("size", [5_000_000_000, 1000])
def test_the_files_of_an_output_are_those_that_its_plan_names(workshop: Any, size: int) -> None:
    for i, name in enumerate("cd"):
        workshop.model(name, workshop.llama(i))
    (workshop.folder / "c/LICENSE").write_text("free")
    (workshop.folder / "c/custom_generate").mkdir()
    (workshop.folder / "c/custom_generate/generate.py").write_text("")
    models = [{"model": n} for n in ("./c", "./d")]
    recipe = {"merge_method": "linear", "models": models, "chat_template": "{{ messages }}"}
    plan = workshop.plan(recipe, max_shard_size=size)
    out = workshop.folder / "out"
    merge(plan, out)
    found = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    shards = set(plan.shards)
    index = {"model.safetensors.index.json"} if len(shards) > 1 else set()
    assert len(shards) == (1 if size > 1000 else 2)
    assert found == shards | index | {
        *("config.json", "README.md", "recipe.yml", "mergehub.lock.json", "manifest.json"),
        *("LICENSE", "custom_generate/generate.py", "chat_template.jinja"),
    }


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", ["README.md", "config.json", "manifest.json"])
@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/full")])
def test_whatever_lies_in_the_place_of_an_output_file_is_replaced_or_named(
    workshop: Any, plan: Plan, partial: Path, name: str, make: Callable[[Path], Any]
) -> None:
    (partial / name).unlink(missing_ok=True)
    make(partial / name)
    with suppress(ResumeError):
        merge(plan, workshop.folder / "out")
    found = workshop.folder / "out" / name
    assert not (workshop.folder / "out").exists() or (found.is_file() and not found.is_symlink())


@pytest.mark.parametrize("name", ["o" * 250, "o" * 300, "x/" * 3000])
def test_an_output_that_cannot_be_called_so_is_refused(
    workshop: Any, plan: Plan, name: str
) -> None:
    with pytest.raises(OutputError):
        merge(plan, workshop.folder / name, MergeOptions(keep_partial=False))


def test_a_folder_that_the_output_would_replace_is_left_alone_even_as_a_dangling_link(
    workshop: Any, plan: Plan
) -> None:
    (workshop.folder / "out").symlink_to("nowhere")
    with pytest.raises(OutputError, match="already exists"):
        merge(plan, workshop.folder / "out")
