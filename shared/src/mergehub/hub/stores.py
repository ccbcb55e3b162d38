"""Wait for the stores, which start at the same time as the process that needs them."""

from __future__ import annotations

import asyncio

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.engine import make_url

from mergehub.kit.database.connections import CONNECT_SECONDS, connect
from mergehub.kit.settings.environment import read_settings
from mergehub.kit.settings.service import ServiceSettings

PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 0.03


async def stores_answer(seconds: float = PATIENCE_SECONDS) -> None:
    """Return as soon as PostgreSQL and Redis answer. Raises what the last try raised."""
    settings = read_settings(ServiceSettings)
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            await _ask(settings)
            return
        except (OSError, asyncpg.PostgresError, RedisError):
            if asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(PAUSE_SECONDS)


async def _ask(settings: ServiceSettings) -> None:
    url = make_url(settings.database_url).set(drivername="postgresql")
    connection = await connect(url.render_as_string(hide_password=False))
    connection.terminate()
    async with (
        asyncio.timeout(CONNECT_SECONDS),
        Redis.from_url(settings.redis_url) as redis,
    ):
        await redis.ping()
