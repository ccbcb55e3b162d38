"""What the hub's own PostgreSQL is started with."""

from __future__ import annotations

import pytest

from mergehub.hub import postgres
from mergehub.hub.postgres import LEAST_BUFFERS, MOST_BUFFERS, SHARE_OF_MEMORY, buffers


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (f"{1 << 30}\n", LEAST_BUFFERS),
        (f"{SHARE_OF_MEMORY * (100 << 20)}\n", 100 << 20),
        (f"{1 << 50}\n", MOST_BUFFERS),
        ("max\n", MOST_BUFFERS),
    ],
)
def test_its_cache_grows_with_the_memory_of_the_container(limit, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(postgres.os, "sysconf", lambda name: 1 << 20)  # a page, or their number
    file = tmp_path / "memory.max"
    file.write_text(limit)
    assert buffers(file) == expected
    assert buffers(tmp_path / "none") == MOST_BUFFERS
