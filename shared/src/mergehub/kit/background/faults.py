"""What a program says if the database does not let it begin."""

from __future__ import annotations

import asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from mergehub.kit.database.schema import NewerTables
from mergehub.kit.problems.problem import Unavailable
from mergehub.kit.settings.service import ServiceSettings

FAULTS = (Unavailable, DBAPIError, asyncpg.PostgresError, NewerTables)


def explained(error: Exception, settings: ServiceSettings) -> str:
    """A sentence with the variable, the address without its password, and the reason."""
    address = make_url(settings.database_url).render_as_string(hide_password=True)
    return f"MERGEHUB_DATABASE_URL {address}: {_reason(error)}"


def _reason(error: Exception) -> str:
    """The database's own words, or those of the connection that could not be made."""
    if isinstance(error, DBAPIError):
        return str(error.orig)
    return f"{error} ({error.__cause__})" if error.__cause__ else str(error)
