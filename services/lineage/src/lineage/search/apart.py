"""The first blocks of an index, made in a process of its own: they take seconds of a processor.

As a program, this module is that process: it reads the names from the file of its first argument,
and writes their blocks into that of its second. Both files are gone when they are closed.
"""

from __future__ import annotations

import asyncio
import os
import sys
from tempfile import TemporaryFile
from typing import IO

import numpy as np

from lineage.memory.graph import Graph
from lineage.memory.names import Names
from lineage.search.blocks import Blocks
from mergehub.columns.array_file import Damaged, read_from, write_to
from mergehub.columns.parts import Part
from mergehub.kit.background.apart import Failed, give_way, run_apart

LONGEST_SECONDS = 300.0


async def blocks_apart(graph: Graph) -> Blocks:
    """The blocks of a graph's names. Raises Failed, OSError."""
    with TemporaryFile() as asked, TemporaryFile() as made:
        await asyncio.to_thread(_ask, asked, graph)
        async with asyncio.timeout(LONGEST_SECONDS):
            await run_apart(__name__, files=(asked.fileno(), made.fileno()))
        return await asyncio.to_thread(_made, made)


def _ask(file: IO[bytes], graph: Graph) -> None:
    exists, places = graph.models.exists.copy(), graph.models.name_place.copy()
    text = Part(np.uint8, graph.names.pieces())  # after the places, so that all of them are in it
    write_to(file, {}, {"exists": Part.of(exists), "places": Part.of(places), "text": text})


def _made(file: IO[bytes]) -> Blocks:
    try:
        return Blocks.kept(read_from(file)[1])
    except Damaged as error:
        raise Failed(f"The process wrote something else: {error}") from error


def main(asked: int, made: int) -> None:
    give_way()
    with os.fdopen(asked, "rb") as file:
        _, kept = read_from(file)
    blocks = Blocks()
    names = Names(bytearray(kept["text"].all.data))
    blocks.follow(names, kept["exists"].all, kept["places"].all)
    with os.fdopen(made, "r+b") as file:
        write_to(file, {}, blocks.parts())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
