"""PostgreSQL through SQLAlchemy: one engine per service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import (
    Connection,
    CursorResult,
    Delete,
    Row,
    Select,
    Update,
    event,
    func,
    select,
    text,
)
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import Session as SyncSession
from sqlalchemy.pool import NullPool
from sqlalchemy.util import greenlet_spawn

from mergehub.kit.database.calls import Call, Calls
from mergehub.kit.database.connections import STATEMENT_SECONDS, FairPool, connect
from mergehub.kit.problems.problem import Unavailable

T = TypeVar("T")
AnyRow = Row[*tuple[Any, ...]]
"""A row of a query of columns, read by their names."""
_CALL = (
    "SELECT pg_notify(channel, message) FROM unnest($1::text[], $2::text[]) AS t(channel, message)"
)
_AFTER_COMMIT = "after commit"
POOL_SECONDS = 30.0  # the longest wait for a connection in use


class Database:
    """The tables of one service, in the schema of its own name.

    Unqualified table names resolve to that schema (`search_path`). So models name no schema, and
    the same code works with one shared database, three separate ones, and a schema made for a test.

    `calls` wakes those who listen to what was written without a transaction.

    `info` is what each transaction's session carries in its `info`, such as what counts changes.
    """

    def __init__(self, url: str, schema: str, pool: int = 10) -> None:
        self.schema = schema
        self._dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._plain = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self._connect,
            poolclass=FairPool,
            isolation_level="AUTOCOMMIT",  # the driver's default; a change costs at each checkout
            pool_size=pool,
            max_overflow=0,  # an overflow connection would be closed after each use
            pool_timeout=POOL_SECONDS,
            hide_parameters=True,  # errors are logged, and values may be secrets
        )
        event.listen(self._plain.sync_engine, "checkout", _refuse_lost)
        event.listen(self._plain.sync_engine, "handle_error", _say_slow)
        self.engine: AsyncEngine = self._plain.execution_options(isolation_level="READ COMMITTED")
        self.info: dict[Any, Any] = {}
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False, info=self.info)
        self.calls = Calls(self._call)
        self._readers = async_sessionmaker(self._plain, sync_session_class=_Reader)

    async def _connect(
        self, statement_seconds: float | None = STATEMENT_SECONDS, **settings: str
    ) -> asyncpg.Connection:
        """Raises Unavailable if no server answers, or if it accepts no connections."""
        names = {"search_path": self.schema, "application_name": self.schema, **settings}
        try:
            return await connect(self._dsn, statement_seconds, **names)
        except (
            OSError,
            asyncpg.CannotConnectNowError,
            asyncpg.ConnectionDoesNotExistError,
            asyncpg.TooManyConnectionsError,
        ) as error:
            raise Unavailable("The database cannot be reached.") from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session that commits at the end of the block, or rolls back on an error."""
        async with self.sessions() as session:
            async with session.begin():
                yield session
            for act in session.info.get(_AFTER_COMMIT, ()):
                act()

    @asynccontextmanager
    async def unhurried(self) -> AsyncIterator[AsyncConnection]:
        """A transaction on a connection of its own, without a time limit for statements."""
        async with self.apart() as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def apart(self, **settings: str) -> AsyncIterator[AsyncConnection]:
        """A connection of its own, without a time limit for statements, and closed afterwards.

        `settings` are the server's for this connection.
        """
        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=lambda: self._connect(None, **settings),
            poolclass=NullPool,
            hide_parameters=True,
        )
        try:
            async with engine.connect() as connection:
                yield connection
        finally:
            await engine.dispose()

    @asynccontextmanager
    async def driver(self, **settings: str) -> AsyncIterator[asyncpg.Connection]:
        """A connection of the driver, for what SQLAlchemy lacks, such as COPY; closed afterwards.

        `settings` are the server's for this connection. Statements have no time limit.
        """
        connection = await self._connect(None, **settings)
        try:
            yield connection
        finally:
            connection.terminate()

    def reading(self) -> AsyncSession:
        """A session that reads without the round trips of BEGIN and COMMIT.

        Each statement sees what was committed when it began, as in a transaction at READ COMMITTED.
        """
        return self._readers()

    async def first(self, query: Select[Any]) -> Row[Any] | None:
        """The first row of a query without a transaction: one round trip instead of three."""
        async with self._plain.connect() as connection:
            found: Row[Any] | None = (await connection.execute(query)).first()
            return found

    async def at_once(self, execute: Callable[[Connection], T]) -> T:
        """What `execute` returns of a connection where each statement is a transaction of its own.

        It runs in one greenlet; a session takes one for each step.
        """

        def executed() -> T:
            with self._plain.sync_engine.connect() as connection:
                return execute(connection)

        return await greenlet_spawn(executed)

    async def ping(self) -> None:
        """Raise an error if the server does not answer."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def _call(self, calls: Collection[Call]) -> None:
        channels, messages = (list(each) for each in zip(*calls, strict=True))
        await self.at_once(
            lambda connection: connection.exec_driver_sql(_CALL, (channels, messages)).all()
        )

    async def close(self) -> None:
        await self.calls.close()
        await self.engine.dispose()


async def only_one(session: AsyncSession, name: str) -> bool:
    """Take the lock `name` until the transaction ends; False if another process holds it."""
    key = func.hashtext(name)
    return bool(await session.scalar(select(func.pg_try_advisory_xact_lock(key))))


async def now(session: AsyncSession) -> datetime:
    """The database's time at the beginning of the transaction."""
    return (await session.execute(select(func.now()))).scalar_one()


async def changed(session: AsyncSession, statement: Delete | Update) -> int:
    """Execute a delete or update and return the number of rows."""
    result = await session.execute(statement.execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)
    return result.rowcount


def _refuse_lost(connection: Any, record: object, proxy: object) -> None:
    """Refuse a pooled connection that the server has closed, without the round trips of a ping."""
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError


def _say_slow(context: ExceptionContext) -> None:
    """Name a statement that ran out of its time: the driver raises a mere TimeoutError."""
    if isinstance(context.original_exception, TimeoutError):
        raise Unavailable("The database took too long.") from context.original_exception


class _Reader(SyncSession):
    """Refuses to write, since each write would be committed before the request succeeds."""

    def flush(self, objects: Any = None) -> None:
        if self.new or self.dirty or self.deleted:
            raise RuntimeError("a reading session must not write: use a transaction")


def after_commit(session: AsyncSession, act: Callable[[], object]) -> None:
    """Call `act` right after the `transaction` of `session` commits, before the answer is sent."""
    session.info.setdefault(_AFTER_COMMIT, []).append(act)
