"""The HTTP client with which a service calls the others."""

from __future__ import annotations

from typing import Any

import httpx

from mergehub.kit.settings.service import ServiceSettings
from mergehub.tls import tls

SECONDS = 4.0


class HubClient(httpx.AsyncClient):
    """A client whose answers free their memory as soon as nobody has them any longer.

    An answer and its stream refer to each other, so an answer that was read would wait for Python's
    search for garbage, which is rare here; and pages of events are large.
    """

    async def send(
        self, request: httpx.Request, *, stream: bool = False, **options: Any
    ) -> httpx.Response:
        answer = await super().send(request, stream=stream, **options)
        if not stream:
            answer.stream = httpx.ByteStream(b"")
        return answer


def hub_client(settings: ServiceSettings) -> HubClient:
    """The client of a service with these settings."""
    token = settings.service_token
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
    url = settings.hub_url
    return HubClient(base_url=url, headers=headers, timeout=SECONDS, verify=tls(url))
