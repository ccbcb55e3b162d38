"""Redis Streams between outbox and inbox: fast, and allowed to lose messages."""

from __future__ import annotations

from collections.abc import Sequence

from redis.asyncio import Redis

from mergehub.contracts.events import STREAM, Envelope

KEEP = 10_000  # slower readers catch up over HTTP
APPEND = f"""
for _, event in ipairs(ARGV) do
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', {KEEP}, '*', 'event', event)
end
"""
"""One command for all events: to write one for each takes most of the relay's time."""


class StreamPublisher:
    """Appends events to the stream that all services read."""

    def __init__(self, redis: Redis, stream: str = STREAM) -> None:
        self._append = redis.register_script(APPEND)
        self._stream = stream

    async def __call__(self, events: Sequence[Envelope]) -> None:
        await self._append([self._stream], [event.model_dump_json() for event in events])
