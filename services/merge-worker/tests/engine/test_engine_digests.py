"""The digest of a tensor, taken while its blocks are written."""

from __future__ import annotations

import hashlib
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge_worker.engine.errors import OutputError
from merge_worker.engine.files.header import Region
from merge_worker.engine.models.digests import RunningDigest

BLOCK, AT = 1000, 72
CONTENT = os.urandom(10 * BLOCK - 1)
REGION = Region("model.safetensors", AT, "U8", (len(CONTENT),))
EXPECTED = hashlib.sha256(f'["w","U8",[{len(CONTENT)}]]\n'.encode() + CONTENT).hexdigest()
BLOCKS = [(first, CONTENT[first : first + BLOCK]) for first in range(0, len(CONTENT), BLOCK)]


@given(order=st.permutations(BLOCKS), earlier=st.integers(0, 9), threads=st.integers(1, 3))
def test_blocks_in_any_order_of_any_thread_and_of_earlier_attempts_are_taken_in(
    order: list[tuple[int, bytes]], earlier: int, threads: int
) -> None:
    with tempfile.TemporaryFile() as file, ThreadPoolExecutor(threads) as pool:
        for first, data in order[:earlier]:
            os.pwrite(file.fileno(), data, AT + first)
        digest = RunningDigest(file.fileno(), "w", REGION)

        def write(block: tuple[int, bytes]) -> None:
            os.pwrite(file.fileno(), block[1], AT + block[0])
            digest.wrote(block[0], memoryview(block[1]))

        list(pool.map(write, order[earlier:]))
        assert digest.hexdigest() == EXPECTED


def test_a_file_that_is_too_short_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(bytes(AT + 10))
    with path.open("rb") as file, pytest.raises(OutputError, match="'w' is cut short: 10 of 9999"):
        RunningDigest(file.fileno(), "w", REGION).hexdigest()
