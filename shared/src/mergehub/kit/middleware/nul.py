"""Refuse NUL in every path, query and JSON body: PostgreSQL cannot store text with it."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Receive, Scope, Send

from mergehub.kit.problems.answers import answer
from mergehub.kit.problems.problem import Invalid

NUL_ESCAPED = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class NoNul:
    """ASGI middleware that answers 422 to NUL in an address; `JsonBodies` checks bodies."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for part, held in (
                ("path", "\x00" in scope["path"]),
                ("query", b"%00" in scope["query_string"]),
            ):
                if held:
                    await answer(Invalid(refusal(part)))(scope, receive, send)
                    return
        await self._app(scope, receive, send)


def holds_nul(body: bytes) -> bool:
    """Whether a string of a JSON text holds NUL; fast if there is none."""
    return b"\\u0000" in body and NUL_ESCAPED.search(body) is not None


def refusal(part: str) -> str:
    """The detail of the answer to a NUL in a part of a request."""
    return f"The {part} has a NUL character (U+0000), which the hub cannot store: remove it."
