"""Whether an event itself is at fault, or something that is down for now."""

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

# Statuses of a request that fails however often it is sent.
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
    """Whether trying again is hopeless: true of every error that does not report an outage.

    So no unforeseen error can hold up the later events for ever.
    """
    match error:
        case DBAPIError():
            return str(getattr(error.orig, "sqlstate", None))[:2] in OWN_STATES
        case StatementError():  # a value that cannot be a parameter
            return error.orig is not None and is_its_own_fault(error.orig)
        case NoResultFound() | MultipleResultsFound():
            return True
        case SQLAlchemyError():  # no connection, or it broke
            return False
        case httpx.HTTPStatusError():
            return error.response.status_code in REFUSALS
        case _:
            return not isinstance(error, AWAY)
