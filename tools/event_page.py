"""Writes the page on events, `docs/events.md`: `python -m tools.event_page --write`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mergehub.contracts.catalogue import page

PAGE = Path("docs/events.md")


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or check it; returns 1 if it is out of date."""
    parser = argparse.ArgumentParser(prog="python -m tools.event_page")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="write the page")
    action.add_argument("--check", action="store_true", help="fail if it is out of date")
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args(arguments)
    if options.write:
        options.page.write_text(page(), encoding="utf-8")
    elif not options.page.is_file() or options.page.read_text(encoding="utf-8") != page():
        print(f"{options.page} is out of date: run `make documents`.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
