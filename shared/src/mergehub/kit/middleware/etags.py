"""Strong entity tags on every answer to GET, and 304 if the client has it already (RFC 9110)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mergehub.kit.entity_tags import etag_of, is_among
from mergehub.kit.openapi.document import Document

KEPT_BY_304 = frozenset(
    {"cache-control", "content-location", "date", "etag", "expires", "vary", "link"}
)

TAGGED = {"ETag": {"schema": {"type": "string"}, "description": "Identifies exactly these bytes."}}
KNOWN_ALREADY = {"description": "Not changed since the `ETag` of `If-None-Match`"}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "An `ETag` that you have already.",
}


def as_it_is(content: BaseModel, counted: Collection[str] = ()) -> Response:
    """The response with `content` and the tag that `etag_of` gives it."""
    data = content.model_dump_json().encode()
    tag = etag_of(content, counted) if counted else etag_of(data)
    return Response(data, media_type="application/json", headers={"ETag": tag})


def is_known(request: Request, etag: str) -> bool:
    """Whether the client says that it has the content of `etag`."""
    known = ", ".join(request.headers.getlist("if-none-match"))
    return bool(known) and is_among(etag, known, weakly=True)


class EntityTags:
    """ASGI middleware: an answer without an `ETag` gets that of its bytes; streams get none.

    An endpoint that has a cheaper tag of its content sets `ETag` itself.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _Tagging(Headers(scope=scope), send))


class _Tagging:
    """Sends one answer, or 304 in its place."""

    def __init__(self, asked: Headers, send: Send) -> None:
        self._known = ", ".join(asked.getlist("if-none-match"))
        self._send = send
        self._held: Message | None = None
        self._told = False  # whether 304 was sent

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._start(message)
        elif self._held is not None:
            start, self._held = self._held, None
            if not message.get("more_body"):
                MutableHeaders(scope=start).setdefault("etag", etag_of(message.get("body", b"")))
            await self._begin(start)
            await self._body(message)
        else:
            await self._body(message)

    async def _start(self, message: Message) -> None:
        headers = Headers(raw=message["headers"])
        plain = message["status"] == 200 and headers.get("cache-control") != "no-store"
        if plain and "etag" not in headers:
            self._held = message
        else:
            await self._begin(message)

    async def _begin(self, start: Message) -> None:
        headers = MutableHeaders(raw=list(start["headers"]))
        etag = headers.get("etag")
        if start["status"] == 200 and etag is not None:
            headers.setdefault("cache-control", "no-cache")
            self._told = bool(self._known) and is_among(etag, self._known, weakly=True)
        if not self._told:
            await self._send({**start, "headers": headers.raw})
            return
        kept = [pair for pair in headers.raw if pair[0].decode().lower() in KEPT_BY_304]
        await self._send({**start, "status": 304, "headers": kept})
        await self._send({"type": "http.response.body"})

    async def _body(self, message: Message) -> None:
        if not self._told:
            await self._send(message)


def describe_etags(document: Document) -> None:
    """Add entity tags and 304 to every GET of an OpenAPI document."""
    for methods in document["paths"].values():
        if "200" in methods.get("get", {}).get("responses", {}):
            _describe(methods["get"])


def _describe(operation: dict[str, Any]) -> None:
    if "text/event-stream" in operation["responses"]["200"].get("content", {}):
        return
    parameters = operation.setdefault("parameters", [])
    if IF_NONE_MATCH not in parameters:
        parameters.append(IF_NONE_MATCH)
    operation["responses"]["200"].setdefault("headers", {}).update(TAGGED)
    operation["responses"]["304"] = KNOWN_ALREADY
