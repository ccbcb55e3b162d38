"""A hub of one address that takes imports; what it answers depends on what they bring.

Tests of the command use it for answers that a real hub gives only when something is wrong.
"""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from scripted import Handler, Scripted, body


class TakingHub(Scripted, ABC):
    """It keeps the `imports` at its `path`; `refusals` are answered first, one by one."""

    path: str

    def __init__(self) -> None:
        super().__init__()
        self.imports: list[dict[str, Any]] = []
        self.refusals: list[Any] = []

    @abstractmethod
    def take(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Keep what an import brings, unless it is a dry run, and return the report."""


class _Handler(Handler):
    server: TakingHub

    def answer(self) -> None:
        told = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/v1/accounts/me":
            body({"account": {"handle": "me"}})(self)
        elif self.server.refusals:
            self.server.refusals.pop(0)(self)
        else:
            assert self.path == self.server.path, self.path
            wanted = json.loads(told)
            self.server.imports.append(wanted)
            body(self.server.take(wanted))(self)

    do_GET = do_POST = answer


H = TypeVar("H", bound=TakingHub)


@contextmanager
def taking(hub: H) -> Iterator[H]:
    """The hub for a block."""
    with hub:
        hub.RequestHandlerClass = _Handler
        thread = threading.Thread(target=hub.serve_forever, args=(0.01,))
        thread.start()
        yield hub
        hub.ended.set()
        hub.shutdown()
        thread.join()
