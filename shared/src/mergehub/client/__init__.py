"""Clients of a hub: `Mergehub` blocks, `AsyncMergehub` is asynchronous.

Both have the same methods. `mergehub.client.api` makes the calls that they send: one function for
each operation, named by its id and typed by the services' OpenAPI documents.
"""

from mergehub.client import api
from mergehub.client.asynchronous import AsyncMergehub
from mergehub.client.calls import Answer, Call, Pages, Stream, etag
from mergehub.client.downloading import download
from mergehub.client.errors import HubError, HubFault, HubUnreachable
from mergehub.client.following import is_final
from mergehub.client.shell import HubClient
from mergehub.client.sse import EventReader, ServerSentEvent
from mergehub.client.synchronous import Mergehub

__all__ = [
    "Answer",
    "AsyncMergehub",
    "Call",
    "EventReader",
    "HubClient",
    "HubError",
    "HubFault",
    "HubUnreachable",
    "Mergehub",
    "Pages",
    "ServerSentEvent",
    "Stream",
    "api",
    "download",
    "etag",
    "is_final",
]
