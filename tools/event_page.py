"""Writes the page on events, `docs/events.md`: `python -m tools.event_page --write`."""

from __future__ import annotations

import sys
from pathlib import Path

from mergehub.contracts.event_samples.catalogue import page
from tools.one_page import run

PAGE = Path("docs/events.md")


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or check it; returns 1 if it is out of date."""
    return run("tools.event_page", PAGE, page, arguments)


if __name__ == "__main__":
    sys.exit(main())
