"""Loads a dump into any PostgreSQL that the services can use, also one older than the tools."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

from mergehub.hub.backup.database import DatabaseFault, connection_of
from mergehub.hub.postgres import Postgres

UNKNOWN = b"SET transaction_timeout = 0;\n"  # to servers before 17; 0 is the default of others
HEADER = 40  # lines, before any data
BLOCK = 1 << 20


async def load(url: str, dump: Path) -> None:
    """Fill an empty database from a dump, all or nothing. Raises DatabaseFault."""
    address, env = connection_of(url)
    reader = await asyncio.create_subprocess_exec(
        Postgres.tool("pg_restore"), "--file=-", "--no-owner", "--no-statistics", str(dump),
        stdin=DEVNULL, stdout=PIPE, stderr=PIPE, limit=BLOCK,
    )  # fmt: skip
    writer = await asyncio.create_subprocess_exec(
        Postgres.tool("psql"), address, "--no-psqlrc", "--quiet", "--single-transaction",
        "--set=ON_ERROR_STOP=1", env=env, stdin=PIPE, stdout=DEVNULL, stderr=PIPE,
    )  # fmt: skip
    try:
        words = asyncio.gather(_words(reader), _words(writer))
        await _pass(reader, writer)
        if await reader.wait() == 0:  # otherwise psql must not see an end, and commit
            assert writer.stdin is not None
            writer.stdin.close()
            await writer.wait()
        else:
            writer.kill()
        said = await words
    finally:
        for child in (reader, writer):
            if child.returncode is None:
                child.kill()
                await child.wait()
    for tool, child, text in (("pg_restore", reader, said[0]), ("psql", writer, said[1])):
        if child.returncode != 0:
            raise DatabaseFault(f"{tool} failed: {text}")


async def _pass(reader: Process, writer: Process) -> None:
    """Pass the statements on, without the one that older servers do not know."""
    assert reader.stdout is not None
    assert writer.stdin is not None
    try:
        for _ in range(HEADER):
            line = await reader.stdout.readline()
            writer.stdin.write(b"" if line == UNKNOWN else line)
        while block := await reader.stdout.read(BLOCK):
            writer.stdin.write(block)
            await writer.stdin.drain()
        await writer.stdin.drain()
    except (BrokenPipeError, ConnectionResetError):  # psql has ended, and says why
        reader.kill()


async def _words(child: Process) -> str:
    """The end of what a tool says on standard error."""
    assert child.stderr is not None
    return (await child.stderr.read()).decode(errors="replace").strip()[-2000:]
