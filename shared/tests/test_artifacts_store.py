"""Both stores of models keep the same promises: a folder, and a bucket of a real S3 server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from seaweed import Seaweed
from stored_models import FILES, contents, made

from mergehub.artifacts import ArtifactStore, NotStored, StoreFault, open_store

pytestmark = pytest.mark.process


@pytest.fixture(params=["folder", "bucket"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], ArtifactStore]:
    """Opens the same store as a certain machine does."""
    if request.param == "folder":
        return lambda machine: open_store(tmp_path)
    place = request.getfixturevalue("seaweed").place()
    return lambda machine: open_store(tmp_path / machine, place)


@pytest.fixture
def store(opened: Callable[[str], ArtifactStore]) -> ArtifactStore:
    return opened("here")


def test_a_stored_model_is_read_on_another_machine(
    opened: Callable[[str], ArtifactStore], store: ArtifactStore
) -> None:
    run = made(store, uuid4())
    store.put(run, 1)
    other = opened("there")
    assert other.has(run)
    assert contents(other.hold(run)) == FILES
    assert set(other.record(run).files) == set(FILES)
    assert other.record(run).files == store.record(run).files


def test_there_is_no_model_before_it_is_stored(store: ArtifactStore) -> None:
    run = uuid4()
    assert not store.has(run)
    for ask in (store.hold, store.record, lambda run: store.put(run, 1)):
        with pytest.raises(NotStored, match=str(run)):
            ask(run)


def test_storing_again_changes_nothing(store: ArtifactStore) -> None:
    run = made(store, uuid4())
    for fence in (1, 1, 2):
        store.put(run, fence)
    assert contents(store.hold(run)) == FILES


def test_runs_are_listed_in_order(store: ArtifactStore) -> None:
    runs = [made(store, uuid4()) for _ in range(3)]
    for run in runs:
        store.put(run, 1)
    assert list(store.runs()) == sorted(runs)


def test_a_removed_model_is_gone_and_another_stays(store: ArtifactStore) -> None:
    gone, stays = (made(store, uuid4()) for _ in range(2))
    for run in (gone, stays):
        store.put(run, 1)
    store.remove(gone)
    assert list(store.runs()) == [stays]
    assert not store.local(gone).exists()
    store.remove(gone)
    assert contents(store.hold(stays)) == FILES


def test_what_an_unfinished_attempt_left_is_found_and_removed(store: ArtifactStore) -> None:
    run, done = uuid4(), made(store, uuid4())
    partial = store.local(run).with_name(f"{run}.partial")
    partial.mkdir(parents=True)
    (partial / "journal.jsonl").write_text("{}")
    store.put(done, 1)
    assert run in store.unfinished()
    store.tidy(run)
    store.tidy(done)
    assert not partial.exists()
    assert store.unfinished() == set()
    assert contents(store.hold(done)) == FILES


def test_entries_that_are_not_runs_are_left_alone(store: ArtifactStore) -> None:
    strange = store.local(uuid4()).with_name("notes")
    strange.mkdir(parents=True)
    assert list(store.runs()) == []
    assert store.unfinished() == set()
    assert strange.is_dir()


def test_a_link_is_not_stored(seaweed: Seaweed, tmp_path: Path) -> None:
    store = open_store(tmp_path, seaweed.place())
    run = made(store, uuid4())
    (store.local(run) / "secret").symlink_to("/etc/passwd")
    with pytest.raises(StoreFault, match="secret is not a regular file"):
        store.put(run, 1)
