"""Lines for people, where logs are for machines. It imports nothing: `mergehub up` has no log."""

from __future__ import annotations

from contextlib import suppress


def say(text: str) -> None:
    """Print `text`; a stream that cannot take it is ignored."""
    with suppress(OSError, ValueError):
        print(text, flush=True)
