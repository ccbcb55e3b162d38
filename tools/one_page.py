"""Programs that write a page of the documentation from the code, or check that it is current."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path


def run(module: str, page: Path, text: Callable[[], str], arguments: list[str] | None) -> int:
    """Write the page, or check it; returns 1 if it is out of date."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="write the page")
    action.add_argument("--check", action="store_true", help="fail if it is out of date")
    parser.add_argument("--page", type=Path, default=page)
    options = parser.parse_args(arguments)
    if options.write:
        options.page.write_text(text(), encoding="utf-8")
    elif not options.page.is_file() or options.page.read_text(encoding="utf-8") != text():
        print(f"{options.page} is out of date: run `make documents`.", file=sys.stderr)
        return 1
    return 0
