"""Whether an event failed by what it says, or because something is away for now."""

from __future__ import annotations

import asyncpg
import httpx
from redis.exceptions import RedisError
from sqlalchemy.exc import (
    DBAPIError,
    MultipleResultsFound,
    NoResultFound,
    SQLAlchemyError,
    StatementError,
)

from mergehub.kit.problems.problem import Unavailable

# SQLSTATE classes: cardinality, data, integrity constraint, program limit (an index row too large).
OWN_STATES = frozenset({"21", "22", "23", "54"})

# What a service answers to a question that it cannot take, however often it is asked.
REFUSALS = frozenset({400, 414, 422, 500})

AWAY = (
    Unavailable,
    OSError,
    MemoryError,
    httpx.TransportError,
    RedisError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)


def is_its_own_fault(error: BaseException) -> bool:
    """Whether trying again is hopeless: everything is that does not say that something is away.

    So no fault that nobody thought of can hold up the events behind it for ever.
    """
    match error:
        case DBAPIError():
            return str(getattr(error.orig, "sqlstate", None))[:2] in OWN_STATES
        case StatementError():  # a value that could not be made a parameter
            return error.orig is not None and is_its_own_fault(error.orig)
        case NoResultFound() | MultipleResultsFound():
            return True
        case SQLAlchemyError():  # no connection to be had, or it broke in between
            return False
        case httpx.HTTPStatusError():
            return error.response.status_code in REFUSALS
        case _:
            return not isinstance(error, AWAY)
