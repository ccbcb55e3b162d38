"""The places that ingredients may come from, and those that are refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from merge_worker.engine import (
    CheckpointError,
    EngineError,
    NotSupportedError,
    OutsideError,
    SourceError,
    Sources,
)
from mergehub.recipe.reference import ModelRef


@pytest.fixture
def model(workshop: Any) -> Path:
    workshop.model("m", workshop.llama(0))
    return Path(workshop.folder, "m")


@pytest.mark.parametrize("name", ["{root}/m", "./m", "m", "{root}/./x/../m"])
def test_a_folder_under_a_root_is_found(model: Path, name: str) -> None:
    reference = ModelRef.parse(name.format(root=model.parent))
    location = Sources(roots=(model.parent,)).locate(reference)
    assert (location.folder, location.kind) == (model, "folder")


@pytest.mark.parametrize("name", ["/etc", "../m", "./m/../..", "./nothing", "~/m"])
def test_a_folder_elsewhere_is_refused(model: Path, name: str) -> None:
    root = model.parent / "root"
    root.mkdir()
    with pytest.raises(SourceError, match="not a folder under the roots"):
        Sources(roots=(root,)).locate(ModelRef.parse(name))


def test_without_roots_no_path_is_read(model: Path) -> None:
    with pytest.raises(SourceError, match="none"):
        Sources().locate(ModelRef.parse(str(model)))


def test_links_may_not_lead_out_of_the_roots(model: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "linked").symlink_to(model)
    sources = Sources(roots=(root,))
    for name in ("./linked", str(root / "linked"), "./linked/deeper"):
        with pytest.raises(OutsideError, match=r"linked.* is a link that leads outside"):
            sources.locate(ModelRef.parse(name))
    (root / "own").mkdir()
    (root / "own" / "model.safetensors").symlink_to(model / "model.safetensors")
    with pytest.raises(SourceError, match="a link that leads outside"):
        sources.locate(ModelRef.parse("./own"))


@pytest.mark.parametrize(
    ("target", "words"), [("nowhere", "a broken link"), ("m2", "back to itself")]
)
def test_a_link_that_leads_to_nothing_is_called_that(model: Path, target: str, words: str) -> None:
    (model.parent / "m2").symlink_to(target)
    with pytest.raises(EngineError, match="m2 is a") as refused:
        Sources(roots=(model.parent,)).locate(ModelRef.parse("./m2"))
    assert words in str(refused.value)


def test_a_folder_that_is_closed_is_not_called_a_link(model: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(model.parent)
    sources = Sources(roots=(tmp_path / "alias",), closed=(model,))
    with pytest.raises(OutsideError, match="is not a folder under the roots"):
        sources.locate(ModelRef.parse("./m"))


def test_each_root_is_named_once(model: Path) -> None:
    sources = Sources(roots=(model.parent, model.parent))
    with pytest.raises(OutsideError) as refused:
        sources.locate(ModelRef.parse("./nothing"))
    assert str(refused.value).count(str(model.parent)) == 1


def test_what_is_neither_file_nor_folder_is_refused_whoever_would_read_it(model: Path) -> None:
    os.mkfifo(model / "vocab.json")
    with pytest.raises(CheckpointError, match=r"vocab\.json is not a regular file"):
        Sources(roots=(model.parent,)).locate(ModelRef.parse("./m"))


def test_a_link_within_the_roots_is_followed(model: Path) -> None:
    (model / "extra.json").symlink_to(model / "config.json")
    assert Sources(roots=(model.parent,)).locate(ModelRef.parse("./m")).folder == model


@pytest.mark.parametrize("callable_", [True, False])
def test_the_model_of_a_run_is_found(model: Path, callable_: bool) -> None:
    run = str(uuid4())
    produced = {run: model}
    sources = Sources(produced=produced.get if callable_ else produced)
    location = sources.locate(ModelRef.parse(f"run:{run}"))
    assert (location.folder, location.kind, location.revision) == (model, "run", run)
    with pytest.raises(SourceError, match="no model of run"):
        sources.locate(ModelRef.parse(f"run:{uuid4()}"))


def test_urls_are_not_read() -> None:
    with pytest.raises(NotSupportedError, match="URL"):
        Sources().locate(ModelRef(model="https://example.com/model"))


def test_a_cached_model_of_the_hub_is_found_offline(model: Path, tmp_path: Path) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    kept = tmp_path / "cache" / "models--org--name"
    (kept / "snapshots" / commit).mkdir(parents=True)
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text(commit)
    (kept / "snapshots" / commit / "config.json").write_text("{}")
    sources = Sources(cache_dir=tmp_path / "cache", offline=True)
    location = sources.locate(ModelRef.parse("org/name"))
    assert (location.kind, location.revision) == ("hub", commit)
    with pytest.raises(
        SourceError, match=r"not a folder under .*not in the cache, and this machine works offline"
    ):
        sources.locate(ModelRef.parse("org/other"))


def test_a_name_that_the_hub_cannot_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be fetched"):
        Sources(cache_dir=tmp_path, offline=True).locate(ModelRef(model="a/b/c"))


def test_with_a_revision_a_name_is_an_id_of_hugging_face_though_a_folder_has_it(
    workshop: Any, tmp_path: Path
) -> None:
    (tmp_path / "org").mkdir()
    workshop.model("org/name", workshop.llama(0))
    sources = Sources(roots=(tmp_path,), cache_dir=tmp_path / "cache", offline=True)
    with pytest.raises(SourceError, match="org/name@v1 is a Hugging Face id") as refused:
        sources.locate(ModelRef.parse("org/name@v1"))
    assert str(refused.value).endswith("; for the local folder, write org/name")
    assert not isinstance(refused.value, OutsideError)


def test_a_revision_in_the_cache_goes_before_the_folder_of_that_name(
    workshop: Any, tmp_path: Path
) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    kept = tmp_path / "cache" / "models--org--name"
    (kept / "snapshots" / commit).mkdir(parents=True)
    (kept / "refs").mkdir()
    (kept / "refs" / "v1").write_text(commit)
    (tmp_path / "root" / "org").mkdir(parents=True)
    workshop.model("root/org/name", workshop.llama(0))
    sources = Sources(roots=(tmp_path / "root",), cache_dir=tmp_path / "cache", offline=True)
    location = sources.locate(ModelRef.parse("org/name@v1"))
    assert (location.kind, location.revision) == ("hub", commit)
    assert sources.locate(ModelRef.parse("org/name")).kind == "folder"
