"""Time limits for requests: for the work on the answer, and for the arrival of the body."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mergehub.kit.problems.answers import answer
from mergehub.kit.problems.exhausted import TookTooLong
from mergehub.kit.request_clock import limit_of_request, unhurried


class TimeLimit:
    """ASGI middleware: an answer begins within `seconds` of the whole request, or is a 503.

    An answer that has begun, such as a stream, may continue; `unhurried` time does not count. A
    body may take GRACE_SECONDS, and longer only while it comes at BYTES_A_SECOND or faster (408).
    """

    GRACE_SECONDS = 20.0
    BYTES_A_SECOND = 16 << 10

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False
        limit = asyncio.timeout(self._seconds)
        current = limit_of_request.set(limit)

        async def watch(message: Message) -> None:
            nonlocal begun
            begun = True
            if not limit.expired():
                limit.reschedule(None)
            await send(message)

        try:
            async with limit:
                await self._app(scope, self._steady(receive, limit), watch)
        except TimeoutError:
            if begun or not limit.expired():
                raise
            problem = TookTooLong(
                f"The hub gave up after {self._seconds:g} s.", headers={"Retry-After": "2"}
            )
            await answer(problem)(scope, receive, send)
        finally:
            limit_of_request.reset(current)

    def _steady(self, receive: Receive, limit: asyncio.Timeout) -> Receive:
        """`receive`, outside of the time limit but with a least speed of the body."""
        clock = asyncio.get_running_loop().time
        deadline, more = clock() + self.GRACE_SECONDS, True

        async def steady() -> Message:
            nonlocal deadline, more
            if not more or limit.when() is None:
                return await receive()
            try:
                with unhurried():
                    async with asyncio.timeout_at(deadline):
                        message = await receive()
            except TimeoutError:
                raise HTTPException(
                    HTTPStatus.REQUEST_TIMEOUT,
                    f"A body must arrive within {self.GRACE_SECONDS:g} s, "
                    f"or at {self.BYTES_A_SECOND} bytes a second or more.",
                    headers={"Connection": "close"},
                ) from None
            deadline += len(message.get("body", b"")) / self.BYTES_A_SECOND
            more = message.get("more_body", False)
            return message

        return steady
