"""Redis Streams between outbox and inbox: fast, and allowed to lose messages."""

from __future__ import annotations

from collections.abc import Sequence

from redis.asyncio import Redis

from mergehub.contracts.events import STREAM, Envelope

KEEP = 10_000  # slower readers catch up over HTTP


class StreamPublisher:
    """Appends events to the stream that all services read."""

    def __init__(self, redis: Redis, stream: str = STREAM) -> None:
        self._redis = redis
        self._stream = stream

    async def __call__(self, events: Sequence[Envelope]) -> None:
        async with self._redis.pipeline(transaction=False) as pipe:
            for event in events:
                pipe.xadd(
                    self._stream,
                    {"event": event.model_dump_json()},
                    maxlen=KEEP,
                    approximate=True,
                )
            await pipe.execute()
