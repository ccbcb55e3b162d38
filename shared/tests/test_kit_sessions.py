"""The token of a request comes from its header, or from the session's cookie."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI

from mergehub.kit.identity.browsers import Presented, Sessions, presented

HTTPS, HTTP = Sessions("https://hub.example"), Sessions("http://127.0.0.1:8000")


def scope(sessions: Sessions | None, **headers: str) -> dict[str, Any]:
    app = FastAPI()
    if sessions is not None:
        app.state.sessions = sessions
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "method": "GET", "headers": raw, "app": app}


@pytest.mark.parametrize(
    ("sessions", "headers", "token"),
    [
        (HTTPS, {}, None),
        (HTTPS, {"authorization": "Bearer a"}, Presented("a")),
        (HTTPS, {"authorization": "bearer  a "}, Presented("a")),
        (HTTPS, {"authorization": "Bearer "}, None),
        (HTTPS, {"cookie": "__Host-mergehub=c"}, Presented("c", by_cookie=True)),
        (HTTP, {"cookie": "x=y; mergehub=c"}, Presented("c", by_cookie=True)),
        (HTTPS, {"authorization": "Bearer a", "cookie": "__Host-mergehub=c"}, Presented("a")),
        (HTTPS, {"authorization": "Basic a", "cookie": "__Host-mergehub=c"}, None),
        (HTTPS, {"cookie": "mergehub=c"}, None),
        (HTTP, {"cookie": "__Host-mergehub=c"}, None),
        (HTTPS, {"cookie": "__Host-mergehub="}, None),
        (None, {"cookie": "__Host-mergehub=c; mergehub=c"}, None),
    ],
)
def test_a_request_brings_one_token_at_most(
    sessions: Sessions | None, headers: dict[str, str], token: Presented | None
) -> None:
    assert presented(scope(sessions, **headers)) == token
