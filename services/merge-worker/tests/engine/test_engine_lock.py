"""The lock says what was read and written, even if the files change meanwhile."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from merge_worker.engine import InputChangedError, MergeOptions, Plan, SourceError, merge
from mergehub.recipe.reference import ModelRef

TOKENIZER = b'{"model": {"vocab": {"x": 0}}}'


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def plan(workshop: Any) -> Plan:
    """A plan of two models under `root`, the first with a tokenizer; a secret is next to `root`."""
    (workshop.folder / "secret.json").write_bytes(b'{"secret": true}')
    workshop.folder = workshop.folder / "root"
    workshop.folder.mkdir()
    for i, name in enumerate("ab"):
        workshop.model(name, workshop.llama(i))
    (workshop.folder / "a" / "tokenizer.json").write_bytes(TOKENIZER)
    document = {"merge_method": "linear", "models": [{"model": "./a"}, {"model": "./b"}]}
    found = workshop.plan(document)
    assert isinstance(found, Plan)
    return found


def swap_for_a_link(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer.json").symlink_to(folder.parent.parent / "secret.json")


def swap_for_a_pipe(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    os.mkfifo(folder / "tokenizer.json")


def swap_the_folder(folder: Path) -> None:
    folder.rename(folder.with_name("old"))
    folder.mkdir()
    (folder / "tokenizer.json").write_bytes(b"another")


def rewrite(name: str) -> Callable[[Path], None]:
    """Write other bytes of the same length, and restore the time of modification."""

    def change(folder: Path) -> None:
        path = folder / name
        before = path.stat()
        with path.open("r+b") as file:
            file.seek(-3, os.SEEK_END)
            file.write(b"\x01\x02\x03")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert path.stat().st_mtime_ns == before.st_mtime_ns

    return change


CHANGES = {
    "the tokenizer becomes a link to a file outside": swap_for_a_link,
    "the tokenizer becomes a pipe": swap_for_a_pipe,
    "the tokenizer is rewritten and its time put back": rewrite("tokenizer.json"),
    "the weights are rewritten and their time put back": rewrite("model.safetensors"),
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("stage", ["before", "fill", "lock", "finish"])
@pytest.mark.parametrize("how", CHANGES)
def test_an_input_that_changes_in_any_way_ends_the_merge(
    workshop: Any, plan: Plan, how: str, stage: str
) -> None:
    seen: list[str] = []

    def change(progress: Any) -> None:
        if progress.stage == stage and not seen:
            seen.append(stage)
            CHANGES[how](workshop.folder / "a")

    if stage == "before":
        CHANGES[how](workshop.folder / "a")
    with pytest.raises(InputChangedError, match=r"a/(tokenizer\.json|model\.safetensors)"):
        merge(plan, workshop.folder / "out", on_progress=change)
    assert not (workshop.folder / "out").exists()


def test_a_folder_that_is_swapped_meanwhile_changes_nothing(workshop: Any, plan: Plan) -> None:
    """Open files do not change; only a later plan sees the other folder."""

    def change(progress: Any) -> None:
        if progress.stage == "finish" and not (workshop.folder / "old").exists():
            swap_the_folder(workshop.folder / "a")

    merge(plan, workshop.folder / "out", on_progress=change)
    assert (workshop.folder / "out" / "tokenizer.json").read_bytes() == TOKENIZER


def test_the_lock_has_the_config_that_was_read_though_it_has_changed_since(
    workshop: Any, plan: Plan
) -> None:
    config = workshop.folder / "a" / "config.json"
    read = config.read_bytes()
    config.write_bytes(b'{"changed": true}')
    result = merge(plan, workshop.folder / "out")
    locked = result.lock.ingredients[0].files["config.json"]
    assert (locked.sha256, locked.size) == (sha256(read), len(read))


def test_every_file_that_is_copied_stands_in_the_lock_as_it_was_written(
    workshop: Any, plan: Plan
) -> None:
    result = merge(plan, workshop.folder / "out")
    written = json.loads((workshop.folder / "out" / "mergehub.lock.json").read_text())
    assert written == result.lock.model_dump(mode="json")
    locked = result.lock.ingredients[0].files["tokenizer.json"]
    copy = (workshop.folder / "out" / "tokenizer.json").read_bytes()
    assert copy == TOKENIZER
    assert (locked.sha256, locked.size) == (sha256(copy), len(copy))


def test_a_digest_is_not_remembered_for_a_file_whose_time_was_put_back(
    workshop: Any, plan: Plan
) -> None:
    options = MergeOptions(cache_dir=workshop.folder / "cache")
    document = {"merge_method": "linear", "models": [{"model": "./a"}, {"model": "./b"}]}
    merge(plan, workshop.folder / "one", options)
    rewrite("model.safetensors")(workshop.folder / "a")
    result = merge(workshop.plan(document), workshop.folder / "two", options)
    content = (workshop.folder / "a" / "model.safetensors").read_bytes()
    assert result.lock.ingredients[0].files["model.safetensors"].sha256 == sha256(content)


def test_links_into_the_blobs_of_a_cache_are_copied(workshop: Any) -> None:
    """A snapshot of the Hugging Face cache is a folder of links."""
    root = workshop.folder / "hub"
    commit = "0123456789abcdef0123456789abcdef01234567"
    kept = root / "models--org--name"
    snapshot, blobs = kept / "snapshots" / commit, kept / "blobs"
    snapshot.mkdir(parents=True)
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text(commit)
    workshop.model("m", workshop.llama(0))
    (workshop.folder / "m").rename(blobs)
    (blobs / "tokenizer.json").write_bytes(TOKENIZER)
    for path in blobs.iterdir():
        (snapshot / path.name).symlink_to(f"../../blobs/{path.name}")
    from merge_worker.engine import Sources, plan_merge
    from mergehub.recipe import parse_recipe

    sources = Sources(cache_dir=root, offline=True)
    recipe = parse_recipe("{merge_method: passthrough, models: [{model: org/name}]}")
    merge(plan_merge(recipe, sources), workshop.folder / "out")
    assert (workshop.folder / "out" / "tokenizer.json").read_bytes() == TOKENIZER
    assert sources.locate(ModelRef.parse("org/name")).within == (kept.resolve(),)
    (snapshot / "tokenizer.json").unlink()
    (snapshot / "tokenizer.json").symlink_to("/etc/passwd")
    with pytest.raises(SourceError, match="outside"):
        plan_merge(recipe, sources)
