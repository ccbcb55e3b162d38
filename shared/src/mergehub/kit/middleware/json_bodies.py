"""Refuse JSON bodies before they are parsed if they are nested too deeply or hold NUL."""

from __future__ import annotations

import re
from http import HTTPStatus
from itertools import accumulate

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mergehub.kit.middleware.nul import holds_nul, refusal

DEEPEST = 64

STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
ALL_BUT_BRACKETS = bytes(each for each in range(256) if each not in STEPS)
BUT_STRINGS = ALL_BUT_BRACKETS.replace(b'"', b"")


class JsonBodies:
    """ASGI middleware: 400 to JSON nested more than DEEPEST levels deep, 422 to NUL in it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = Headers(scope=scope).get("content-type", "") if scope["type"] == "http" else ""
        if "json" not in kind.lower():
            await self._app(scope, receive, send)
            return
        chunks: list[bytes] = []

        async def watch() -> Message:
            message = await receive()
            chunks.append(message.get("body", b""))
            if not message.get("more_body"):
                _check(b"".join(chunks))
            return message

        await self._app(scope, watch, send)


def _check(body: bytes) -> None:
    if is_too_deep(body):
        raise HTTPException(
            HTTPStatus.BAD_REQUEST, f"JSON may be nested at most {DEEPEST} levels deep."
        )
    if holds_nul(body):
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, refusal("body"))


def is_too_deep(body: bytes) -> bool:
    """Whether brackets outside of strings nest deeper than DEEPEST; fast if there are few."""
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return False
    if b"\\" not in body:  # each quotation mark begins or ends a string, so two take nothing away
        body = body.translate(None, BUT_STRINGS).replace(b'""', b"")
    brackets = STRING.sub(b"", body).translate(None, ALL_BUT_BRACKETS)
    return max(accumulate(map(STEPS.__getitem__, brackets)), default=0) > DEEPEST
