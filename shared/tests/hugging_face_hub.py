"""A stand-in for the Hugging Face Hub's list of models: its path, its parameters, its pages."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from scripted import Handler, Scripted


class ModelsOfHub(Scripted):
    """It lists `models`, `per_page` at a time; `refusals` are answered first, one by one."""

    def __init__(self, models: list[Any], per_page: int) -> None:
        super().__init__()
        self.models, self.per_page = models, per_page
        self.refusals: list[Any] = []
        self.next_at: str | None = None


class _Handler(Handler):
    server: ModelsOfHub

    def answer(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))  # type: ignore[arg-type]
        if self.server.refusals:
            self.server.refusals.pop(0)(self)
        else:
            self.serve()

    def serve(self) -> None:
        """Answer with the page that is asked for."""
        parts = urlsplit(self.path)
        assert parts.path == "/api/models"
        query = parse_qs(parts.query)
        assert set(query) <= {"limit", "sort", "expand", "cursor", "author", "search", "filter"}
        found = self.server.models
        if author := query.get("author"):
            found = [each for each in found if each["id"].startswith(f"{author[0]}/")]
        begin = int(query.get("cursor", ["0"])[0])
        end = begin + min(self.server.per_page, int(query["limit"][0]))
        told = json.dumps(found[begin:end]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(told)))
        if end < len(found):
            query["cursor"] = [str(end)]
            at = self.server.next_at or f"{self.server.url}/api/models"
            self.send_header("Link", f'<{at}?{urlencode(query, doseq=True)}>; rel="next"')
        self.end_headers()
        self.wfile.write(told)

    do_GET = answer


@contextmanager
def models_of_hub(models: list[Any], per_page: int = 2) -> Iterator[ModelsOfHub]:
    """The server for a block."""
    with ModelsOfHub(models, per_page) as server:
        server.RequestHandlerClass = _Handler
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.ended.set()
        server.shutdown()
        thread.join()
