"""PostgreSQL through SQLAlchemy: one engine per service, one transaction per request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)


class Database:
    """The tables of one service. Each service keeps to the schema of its own name.

    Unqualified table names resolve to that schema (`search_path`), so models name no schema and
    the same code serves one shared database, three separate ones, and a schema made for a test.
    """

    def __init__(self, url: str, schema: str, pool: int = 5) -> None:
        self.schema = schema
        self.engine: AsyncEngine = create_async_engine(
            make_url(url).set(drivername="postgresql+asyncpg"),
            pool_size=pool,
            max_overflow=pool,
            pool_pre_ping=True,
            connect_args={"server_settings": {"search_path": schema, "application_name": schema}},
        )
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed on leaving, or rolled back on an error."""
        async with self.sessions() as session, session.begin():
            yield session

    async def ping(self) -> None:
        """Raise when the server does not answer."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self.engine.dispose()


async def _request_session(request: Request) -> AsyncIterator[AsyncSession]:
    database: Database = request.app.state.database
    async with database.transaction() as session:
        yield session


# Function scope ends the dependency, and so commits, before the answer is sent: a client that
# reads 2xx can rely on it.
Session = Annotated[AsyncSession, Depends(_request_session, scope="function")]
