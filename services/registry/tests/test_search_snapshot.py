"""The snapshot of the catalogue: what it has, when it is used, and when it is ignored."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from captured_logs import captured_logs
from entries import entries, queries, viewpoints
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.columns import array_file as file
from mergehub.columns.parts import in_memory
from mergehub.columns.snapshots import Snapshots
from mergehub.kit.replica.change_log import KEEP
from registry.search.answering.counting import FIELDS, counts
from registry.search.answering.matching import matching
from registry.search.answering.ranking import page
from registry.search.bitmaps.arrays import slots_of
from registry.search.catalogue.catalogue import Catalogue, GrowingCatalogue
from registry.search.catalogue.entry import Entry
from registry.search.catalogue.sight import Viewpoint
from registry.search.language.plain import query_of
from registry.search.query import Query
from registry.search.replica.following import Follower
from registry.search.replica.kept import snapshots_in
from registry.search.replica.replica import Replica

NOW = datetime(2026, 1, 1, tzinfo=UTC)
EVERYTHING = Viewpoint(all=True)
RECIPE = "merge_method: linear\nmodels: [{model: org/a, parameters: {weight: 1}}, {model: org/b}]\n"

Transaction = Callable[[], AbstractAsyncContextManager[AsyncSession]]
batches = st.lists(st.lists(entries(st.integers(0, 7)), max_size=4), max_size=6)


@given(batches, st.sets(st.integers(0, 5)), st.lists(queries, min_size=1, max_size=4), viewpoints)
def test_a_snapshot_and_what_came_later_answer_as_a_catalogue_made_anew(
    batches: list[list[Entry]], kept: set[int], asked: list[Query], viewpoint: Viewpoint
) -> None:
    growing, current = GrowingCatalogue(), {}
    for at, batch in enumerate(batches):
        if at in kept:
            growing = GrowingCatalogue.kept(in_memory(growing.parts()))
        last = {entry.number: entry for entry in batch}
        growing.put(list(last.values()))
        gone = at in current
        growing.remove([at] if gone else [])
        current |= last
        current = {number: each for number, each in current.items() if not gone or number != at}
    anew = GrowingCatalogue()
    anew.put(list(current.values()))
    for query in asked:
        assert answers(growing.state(1, NOW), query, viewpoint) == answers(
            anew.state(1, NOW), query, viewpoint
        )


def answers(catalogue: Catalogue, query: Query, viewpoint: Viewpoint) -> Any:
    """All that a search shows: recipes in their order, and how many have each value."""
    found = matching(catalogue, query, viewpoint)
    facets = counts(catalogue, found, 100)
    numbers = catalogue.column("number")[slots_of(found)]
    return (
        [(each.key, each.number) for each in page(catalogue, found, query, "relevance", None, 99)],
        sorted(numbers.tolist()),
        {field: sorted(facets[field]) for field in FIELDS},
    )


@pytest.fixture
def filled() -> GrowingCatalogue:
    growing = GrowingCatalogue()
    growing.put([replace(ENTRY, number=number, title=f"soup {number}") for number in range(500)])
    return growing


def test_a_file_has_what_was_written_and_only_its_owner_reads_it(
    tmp_path: Path, filled: GrowingCatalogue
) -> None:
    path = tmp_path / "kept"
    path.write_text("something else")
    file.write(path, {"note": 1}, filled.parts())
    about, kept = file.read(path)
    assert about == {"note": 1}
    before = in_memory(filled.parts())
    assert {name: each.all.tolist() for name, each in kept.items()} == {
        name: each.all.tolist() for name, each in before.items()
    }
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["kept"]


def test_what_a_process_writes_into_a_mapped_snapshot_stays_its_own(
    tmp_path: Path, filled: GrowingCatalogue
) -> None:
    path = tmp_path / "kept"
    file.write(path, {}, filled.parts())
    one, other = (GrowingCatalogue.kept(file.read(path)[1]) for _ in range(2))
    one.put([replace(ENTRY, number=7, title="soup 7", stars=9), replace(ENTRY, number=999)])
    one.remove([8])
    assert len(one) == 501
    starred = query_of("stars:9", {})
    assert answers(one.state(1, NOW), starred, EVERYTHING)[1] == [7]
    assert answers(other.state(1, NOW), Query(), EVERYTHING) == answers(
        filled.state(1, NOW), Query(), EVERYTHING
    )


def test_a_damaged_file_is_noticed(tmp_path: Path, filled: GrowingCatalogue) -> None:
    path = tmp_path / "kept"
    file.write(path, {}, filled.parts())
    whole = path.read_bytes()
    written = [at for at in range(0, len(whole), 97) if whole[at]]
    assert len(written) > 100
    for at in written:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(file.Damaged):
            file.read(path)
    for length in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(file.Damaged):
            file.read(path)


@pytest.fixture
async def published(owner: httpx.AsyncClient) -> list[str]:
    """The ids of recipes."""
    ids = []
    for name in ("one", "two", "three"):
        visibility = "private" if name == "two" else "public"
        body = {"name": name, "recipe": RECIPE, "tags": ["soup"], "visibility": visibility}
        answer = await owner.post("/v1/recipes", json=body)
        assert answer.status_code == 201, answer.text
        ids.append(answer.json()["id"])
    return ids


async def loaded(app: FastAPI, kept: Snapshots | None) -> Follower:
    """A load of the catalogue that has followed the log to its end."""
    replica: Replica = app.state.catalogue
    async with replica.connection() as connection:
        follower = await Follower.load(connection, kept)
        await follower.follow(connection)
    return follower


def about_catalogue(said: list[Any]) -> list[str]:
    """The events of log lines, but for those of the loops of the app."""
    events = [each["event"] for each in said]
    return [each for each in events if each.startswith("catalogue.")]


def seen(follower: Follower) -> Any:
    return answers(follower.state, Query(), EVERYTHING)


async def test_a_start_reads_the_snapshot_and_what_the_log_has_since(
    app: FastAPI, owner: httpx.AsyncClient, published: list[str], tmp_path: Path
) -> None:
    kept = snapshots_in(tmp_path / "kept")
    first = await loaded(app, kept)
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o700
    body = {"name": "four", "recipe": RECIPE}
    assert (await owner.post("/v1/recipes", json=body)).status_code == 201
    assert (await owner.delete(f"/v1/recipes/{published[0]}")).status_code == 204
    with captured_logs() as said:
        second, anew = await loaded(app, kept), await loaded(app, None)
    assert about_catalogue(said) == []
    assert second.state.size == first.state.size + 1  # the deleted one is a former entry
    assert anew.state.size == first.state.size
    assert seen(second) == seen(anew)
    assert await second.save(kept)
    assert seen(await loaded(app, kept)) == seen(anew)


CHANGES: dict[str, Callable[[Any], Any]] = {
    "code": lambda _: "0" * 64,
    "database": lambda _: "another",
    "horizon": lambda of: of + 1_000_000,
    "read_at": lambda of: (datetime.fromisoformat(of) - KEEP).isoformat(),
    "change": lambda of: (of[0], of[1] + 1),
    "former": lambda _: 20_000,
}


async def test_a_snapshot_that_does_not_fit_is_ignored(
    app: FastAPI, published: list[str], tmp_path: Path
) -> None:
    kept = snapshots_in(tmp_path)
    expected = seen(await loaded(app, kept))
    path = kept.path
    about, arrays = file.read(path)
    growing = GrowingCatalogue.kept(arrays)
    growing.remove([int(growing.numbers.columns["number"].all[0])])  # wrong, if it is used
    wrong = growing.parts()
    file.write(path, about, wrong)
    assert seen(await loaded(app, kept)) != expected
    for field, change in CHANGES.items():
        file.write(path, about | {field: change(about[field])}, wrong)
        with captured_logs() as said:
            assert seen(await loaded(app, kept)) == expected, field
        assert about_catalogue(said) == ["catalogue.snapshot_ignored"], field
        assert seen(await loaded(app, kept)) == expected, field  # it was written anew


async def test_without_a_usable_file_all_recipes_are_read(
    app: FastAPI, published: list[str], tmp_path: Path
) -> None:
    expected = seen(await loaded(app, None))
    snapshots_in(tmp_path).path.write_bytes(b"something else")
    for kept in (snapshots_in(tmp_path), snapshots_in(Path("/proc/nowhere"))):
        with captured_logs() as said:
            assert seen(await loaded(app, kept)) == expected
        assert len(about_catalogue(said)) == 1


async def test_one_process_at_a_time_writes(
    app: FastAPI, published: list[str], tmp_path: Path
) -> None:
    kept = snapshots_in(tmp_path)
    follower = await loaded(app, kept)
    with (tmp_path / "catalogue.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert not await follower.save(kept)
    assert await follower.save(kept)


async def test_a_snapshot_is_written_after_many_changes_or_some_time(
    app: FastAPI, published: list[str], tmp_path: Path
) -> None:
    kept = snapshots_in(tmp_path)
    follower = await loaded(app, kept)
    before = kept.written_at()
    for unsaved, every, seconds, due in (
        (0, 1, 3600, False),
        (9, 10, 3600, False),
        (10, 10, 3600, True),
        (1, 10, 0, True),
        (0, 1, 0, True),  # an old one could not be used
    ):
        os.utime(kept.path, (before, before))
        follower.unsaved = unsaved
        await follower.save_if_due(kept, every, seconds)
        assert (kept.written_at() > before) == due
        assert follower.unsaved == (0 if due else unsaved)


async def test_what_another_process_wrote_is_not_written_again(
    app: FastAPI, published: list[str], tmp_path: Path
) -> None:
    kept = snapshots_in(tmp_path)
    follower = await loaded(app, kept)
    later = follower.saved_at + 60
    os.utime(kept.path, (later, later))
    follower.unsaved = 10
    await follower.save_if_due(kept, 10, 3600)
    assert (follower.unsaved, kept.written_at()) == (0, later)


async def test_a_snapshot_stays_usable_when_old_changes_are_deleted_from_the_log(
    app: FastAPI, published: list[str], transaction: Transaction, tmp_path: Path
) -> None:
    kept = snapshots_in(tmp_path)
    expected = seen(await loaded(app, kept))
    async with transaction() as session:
        await session.execute(text("DELETE FROM changes"))
    with captured_logs() as said:
        assert seen(await loaded(app, kept)) == expected
    assert about_catalogue(said) == []


ENTRY = Entry(
    number=1, owner="ann", name="soup", title="Soup", description="a soup of two", tags=("soup",),
    domains=(), licence=None, visibility="public", archived=False, created=0, stars=0, forks=0,
    reproductions=0, methods=("linear",), base=None, ingredients=("org/a",), parameters={}, count=2,
    shape="models",
)  # fmt: skip
