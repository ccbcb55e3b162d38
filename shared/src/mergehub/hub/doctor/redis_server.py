"""Checks Redis or Valkey: whether it answers, its release, and what it does when it is full."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from redis import Redis
from redis.exceptions import AuthenticationError, RedisError, ResponseError

from mergehub.hub.doctor.finding import Finding, failed, ok, warning

CHECK = "redis"
OLDEST = 7
SECONDS = 5.0


def check_redis(url: str) -> Iterator[Finding]:
    """All findings about the server at `url`."""
    shown = _without_password(url)
    try:
        with Redis.from_url(
            url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS, decode_responses=True
        ) as redis:
            server, memory = redis.info("server"), redis.info("memory")
    except (RedisError, OSError, ValueError) as error:
        yield failed(CHECK, f"{shown}: {error}", _right(error))
        return
    name = "Valkey" if "valkey_version" in server else "Redis"
    version = str(server.get("valkey_version") or server["redis_version"])
    found = f"{name} {version} at {shown}"
    if int(version.partition(".")[0]) < OLDEST:
        yield failed(CHECK, found, f"Use Redis {OLDEST} or newer, or Valkey.")
    else:
        yield ok(CHECK, found)
    policy = memory.get("maxmemory_policy", "noeviction")
    if memory.get("maxmemory") and policy != "noeviction":
        right = "Set maxmemory-policy to noeviction: what is evicted is not lost, but comes late."
        yield warning(CHECK, f"maxmemory-policy is {policy}", right)


def _without_password(url: str) -> str:
    netloc = urlsplit(url).netloc
    _, at, host = netloc.rpartition("@")
    return url.replace(netloc, f"***@{host}", 1) if at else url


def _right(error: Exception) -> str:
    if isinstance(error, AuthenticationError | ResponseError):
        return "Put the user and the password of the server into MERGEHUB_REDIS_URL."
    return "Start the server, and check host and port of MERGEHUB_REDIS_URL and the network."
