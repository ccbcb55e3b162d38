"""`python -m <service> migrate`: brings a service's tables up to date, as a job of its own."""

from __future__ import annotations

import sys

from mergehub.kit.background.faults import FAULTS, explained
from mergehub.kit.background.resources import Background
from mergehub.kit.database.database import Database
from mergehub.kit.database.schema import NewerTables, migrate, newest
from mergehub.kit.settings.service import ServiceSettings


async def migrate_once(service: Background, settings: ServiceSettings) -> int:
    """Migrate, say what was done, and return the exit status.

    It is 0 also if a newer release has migrated the tables: a roll-back runs this job, too.
    """
    database = Database(settings.database_url, service.name, settings.database_pool)
    wanted = newest(service.migrations)
    try:
        found = await migrate(database, service.migrations)
    except NewerTables as newer:
        print(f"{service.name}: nothing to do: the tables are at {newer.found}, of a newer release")
        return 0
    except FAULTS as error:
        print(f"{service.name}: not migrated: {explained(error, settings)}", file=sys.stderr)
        return 1
    finally:
        await database.close()
    if found == wanted:
        print(f"{service.name}: nothing to do: the tables are at {found}")
    else:
        print(f"{service.name}: migrated from {found or 'nothing'} to {wanted}")
    return 0
