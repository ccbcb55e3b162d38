"""Checks PostgreSQL: whether it answers, its release, its clock, and the services' tables."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from importlib.util import find_spec

import asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from mergehub.contracts.services import SERVICES
from mergehub.hub.doctor.clock import check_clock
from mergehub.hub.doctor.finding import Finding, failed, given, ok, warning
from mergehub.kit.database.connections import connect
from mergehub.kit.database.schema import lacking, newest

OLDEST = 15
SECONDS = 10.0


async def check_database(url: str, environment: Mapping[str, str]) -> list[Finding]:
    """All findings about the database at `url`."""
    try:
        address = make_url(url).set(drivername="postgresql")
    except (ArgumentError, ValueError):
        right = "Write it as in postgresql://user:password@host:5432/mergehub."
        return [failed("database", "MERGEHUB_DATABASE_URL is not an address", right)]
    shown = address.render_as_string(hide_password=True)
    try:
        async with asyncio.timeout(SECONDS):
            connection = await connect(address.render_as_string(hide_password=False))
            try:
                return [each async for each in _look(connection, shown, environment)]
            finally:
                connection.terminate()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return [failed("database", f"{shown}: {_reason(error)}", _right(error))]


async def _look(
    connection: asyncpg.Connection, shown: str, environment: Mapping[str, str]
) -> AsyncIterator[Finding]:
    version = connection.get_server_version()
    found = f"PostgreSQL {version.major}.{version.minor} at {shown}"
    if version.major < OLDEST:
        yield failed("database", found, f"Use PostgreSQL {OLDEST} or newer.")
    else:
        yield ok("database", found)
    began = time.time()
    theirs = await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8")
    took = time.time() - began
    yield check_clock("database", theirs - began - took / 2, took / 2)
    for service in SERVICES:
        if find_spec(service.name) is not None:
            yield await _tables(connection, service.name, given(environment, "MIGRATIONS"))


async def _tables(connection: asyncpg.Connection, schema: str, apart: str | None) -> Finding:
    """The state of the tables of a service that is installed here."""
    package, table = f"{schema}.migrations", f"{schema}.alembic_version"
    found = None
    if await connection.fetchval("SELECT to_regclass($1)", table) is not None:
        found = await connection.fetchval(f"SELECT version_num FROM {table}")  # noqa: S608
    if lacks := lacking(schema, package, found):
        what, _, right = lacks.partition(": ")
        if apart == "separate":
            return failed("migrations", f"{what}.", f"{right[0].upper()}{right[1:]}")
        return warning("migrations", f"{what}.", "The service migrates them when it starts.")
    if found != newest(package):
        right = "That is right while a newer release is rolled out; otherwise install that release."
        return warning("migrations", f"{schema} is at {found}, of a newer release.", right)
    return ok("migrations", f"{schema} is at {found}, the newest")


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {SECONDS:g} s"
    return str(error) or type(error).__name__


def _right(error: Exception) -> str:
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
        return "Put the user and the password of the database into MERGEHUB_DATABASE_URL."
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return "Create the database, or name another one in MERGEHUB_DATABASE_URL."
    if isinstance(error, asyncpg.InsufficientPrivilegeError):
        return "Let the user of MERGEHUB_DATABASE_URL own the schemas of the services."
    return "Start PostgreSQL, and check host and port of MERGEHUB_DATABASE_URL and the network."
