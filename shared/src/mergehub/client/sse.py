"""Read server-sent events from the pieces of a stream (HTML standard, 9.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class ServerSentEvent:
    """One event of a stream."""

    id: str | None
    event: str
    data: str


class EventReader:
    """Reads a stream piece by piece. An event that is cut short is dropped."""

    def __init__(self) -> None:
        self._rest = ""
        self._fields: dict[str, list[str]] = {}

    def feed(self, piece: str) -> Iterator[ServerSentEvent]:
        """The events that a piece completes; comments and unknown fields are ignored."""
        text = self._rest + piece
        held = "\r" if text.endswith("\r") else ""  # maybe half of a line ending
        *lines, rest = LINE_END.split(text.removesuffix("\r"))
        self._rest = rest + held
        for line in lines:
            if line:
                name, _, value = line.partition(":")
                self._fields.setdefault(name, []).append(value.removeprefix(" "))
            else:
                yield from self._event()

    def _event(self) -> Iterator[ServerSentEvent]:
        fields, self._fields = self._fields, {}
        if "data" in fields:
            identity = fields["id"][-1] if "id" in fields else None
            kind = fields["event"][-1] if "event" in fields else "message"
            yield ServerSentEvent(identity, kind, "\n".join(fields["data"]))
