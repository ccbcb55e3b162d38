"""The embedded stores start, keep their data, and refuse clearly."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest
import redis

from mergehub.hub.postgres import Postgres
from mergehub.hub.process import CannotStart
from mergehub.hub.valkey import Valkey

pytestmark = pytest.mark.process


async def test_postgres_answers_as_version_18(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    assert connection.get_server_version().major >= 15
    await connection.close()


def test_valkey_keeps_its_data_over_a_restart(store_folder: Path) -> None:
    server = Valkey(store_folder / "vk-restart")
    server.start()
    with redis.Redis.from_url(server.url) as client:
        client.set("kept", "yes")
    server.stop()
    server.start()
    with redis.Redis.from_url(server.url) as client:
        assert client.get("kept") == b"yes"
    server.stop()


def test_a_socket_path_that_is_too_long_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="choose a shorter data folder"):
        Postgres(tmp_path / ("x" * 120)).start()


def test_data_of_another_postgres_is_refused_with_advice(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "PG_VERSION").write_text("16\n")
    with pytest.raises(CannotStart, match="PostgreSQL 16 made"):
        Postgres(tmp_path).start()


def test_damaged_data_is_told_in_the_servers_own_words(store_folder: Path) -> None:
    folder = store_folder / "pg-damaged"
    (folder / "data").mkdir(parents=True, mode=0o700)
    (folder / "data" / "PG_VERSION").write_text("18\n")
    with pytest.raises(CannotStart, match=r"postgresql\.conf(.|\n)*backup"):
        Postgres(folder).start()


def test_a_folder_with_foreign_data_is_not_overwritten(store_folder: Path) -> None:
    folder = store_folder / "pg-foreign"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "letter.txt").write_text("mine")
    with pytest.raises(CannotStart, match="move it away"):
        Postgres(folder).start()
    assert (folder / "data" / "letter.txt").read_text() == "mine"
