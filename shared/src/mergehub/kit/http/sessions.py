"""The database session of a request: one transaction per request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.database.database import Database
from mergehub.kit.database.storage import check_room


def writable(request: Request) -> Database:
    """The database, for a request that is not always one transaction of its session.

    Raises StorageFull if the disk is full.
    """
    check_room(request.app.state.resources.settings.data)
    database: Database = request.app.state.database
    return database


async def _request_session(request: Request) -> AsyncIterator[AsyncSession]:
    """The request's session. Raises StorageFull if the request may write and the disk is full."""
    if request.method != "GET":
        writable(request)
    async with _opened(request) as session:
        yield session


async def _urgent_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with _opened(request) as session:
        yield session


def _opened(request: Request) -> AbstractAsyncContextManager[AsyncSession]:
    database: Database = request.app.state.database
    return database.reading() if request.method == "GET" else database.transaction()


# Function scope ends the dependency, and so commits, before the answer is sent: a client can rely
# on a 2xx.
Session = Annotated[AsyncSession, Depends(_request_session, scope="function")]


async def _reading_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.database.reading() as session:
        yield session


# For requests that store nothing, whatever their method: they go on while the disk is full.
ReadingSession = Annotated[AsyncSession, Depends(_reading_session, scope="function")]

# For requests that keep running work alive and write little: they continue while the disk is full.
UrgentSession = Annotated[AsyncSession, Depends(_urgent_session, scope="function")]
